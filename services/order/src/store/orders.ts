import type { Tx } from '@brew/postgres';
import type { Cause } from '@brew/service';
import type { Order, OrderState } from '../domain/order.ts';
import {
  fromRow,
  fromStateRow,
  type OrderRow,
  type StateRow,
  type StoredOrder,
  stateColumns,
  toChangedRow,
} from './orderRow.ts';

/** An order that was just placed, with the event that says so. */
export interface NewOrder {
  order: Order;
  cause: Cause;
}

/**
 * Inserts orders that were just placed.
 * @param unansweredTimeoutSeconds how long they may wait without an answer, by the database's clock
 */
export async function insertOrders(
  tx: Tx,
  orders: readonly NewOrder[],
  unansweredTimeoutSeconds: number,
): Promise<void> {
  if (orders.length === 0) return;
  await tx.query(
    `insert into orders (order_id, cafe_id, customer, channel, items, total_amount, total_currency, status, payment_state,
                         placed_at, payment_due_at, cause)
     select order_id, cafe_id, customer, channel, items, total_amount, total_currency, status, payment_state, placed_at,
            now() + make_interval(secs => $2), cause
     from jsonb_to_recordset($1::jsonb) as placed (order_id text, cafe_id text, customer jsonb, channel text, items jsonb,
       total_amount bigint, total_currency text, status text, payment_state text, placed_at timestamptz, cause jsonb)`,
    [JSON.stringify(orders.map(toNewRow)), unansweredTimeoutSeconds],
  );
}

const toNewRow = ({ order, cause }: NewOrder) => ({
  order_id: order.orderId,
  cafe_id: order.cafeId,
  customer: order.customer,
  channel: order.channel,
  items: order.items,
  total_amount: order.total.amount,
  total_currency: order.total.currency,
  status: order.status,
  payment_state: order.payment.state,
  placed_at: new Date(order.times.placed),
  cause,
});

/**
 * Reads orders and locks them until the transaction ends: what is decided on them holds, and their events keep order.
 * @returns those that exist, by id
 */
export async function lockOrders(
  tx: Tx,
  orderIds: readonly string[],
): Promise<Map<string, StoredOrder<OrderState>>> {
  // Locked in the order of their ids: transactions that meet at the same orders wait, but never in a circle.
  const { rows } = await tx.query<StateRow>(
    `select ${stateColumns} from orders where order_id = any($1::text[]) order by order_id for update`,
    [orderIds],
  );
  return new Map(rows.map((row) => [row.order_id, fromStateRow(row)]));
}

/** Reads orders as they are now; those that don't exist are left out. */
export async function findOrders(tx: Tx, orderIds: readonly string[]): Promise<StoredOrder[]> {
  const { rows } = await tx.query<OrderRow>('select * from orders where order_id = any($1::text[])', [
    orderIds,
  ]);
  return rows.map(fromRow);
}

/** Writes orders back that `lockOrders` has read. */
export async function saveOrders(tx: Tx, orders: readonly StoredOrder<OrderState>[]): Promise<void> {
  if (orders.length === 0) return;
  await tx.query(
    `update orders set
       status = changed.status, cancel_reason = changed.cancel_reason,
       payment_state = changed.payment_state, payment_id = changed.payment_id,
       payment_amount = changed.payment_amount, payment_currency = changed.payment_currency,
       refund_id = changed.refund_id, other_payments = changed.other_payments, paid_at = changed.paid_at, preparing_at = changed.preparing_at,
       ready_at = changed.ready_at, on_the_way_at = changed.on_the_way_at, delivered_at = changed.delivered_at,
       cancelled_at = changed.cancelled_at, cancellation_requested_at = changed.cancellation_requested_at,
       cause = changed.cause, version = changed.version,
       under_way_since = case when changed.status in ('paid', 'preparing', 'ready', 'on_the_way')
                              then coalesce(under_way_since, now()) end
     from jsonb_to_recordset($1::jsonb) as changed (order_id text, status text, cancel_reason text,
       payment_state text, payment_id text, payment_amount bigint, payment_currency text, refund_id text, other_payments jsonb,
       paid_at timestamptz, preparing_at timestamptz, ready_at timestamptz, on_the_way_at timestamptz,
       delivered_at timestamptz, cancelled_at timestamptz, cancellation_requested_at timestamptz, cause jsonb,
       version integer)
     where orders.order_id = changed.order_id`,
    [JSON.stringify(orders.map(toChangedRow))],
  );
}

/**
 * Locks the orders that got no answer in time, the longest waiting first: none from the stock, or the provider could not be asked for the
 * payment. Those that somebody else works on are left out, and stuck ones.
 * @param only this order alone, stuck or not
 */
export async function lockUnanswered(tx: Tx, limit: number, only?: string): Promise<string[]> {
  const { rows } = await tx.query<{ order_id: string }>(
    `select order_id from orders
     where status = 'placed' and payment_due_at <= now()
       and not exists (select from payment_jobs where payment_jobs.order_id = orders.order_id and kind = 'settle')
       and case when $2::text is null
             then order_id not in (select item from stuck_items where worker = 'expire-payments')
             else order_id = $2 end
     order by payment_due_at limit $1 for update skip locked`,
    [limit, only],
  );
  return rows.map((row) => row.order_id);
}

/** Whether an order can still be given up. */
export async function isUnpaid(tx: Tx, orderId: string): Promise<boolean> {
  const { rowCount } = await tx.query(`select from orders where order_id = $1 and status = 'placed'`, [
    orderId,
  ]);
  return rowCount === 1;
}
