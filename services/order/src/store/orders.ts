import type { Tx } from '@brew/postgres';
import type { Cause } from '@brew/service';
import type { Order } from '../domain/order.ts';
import { changingColumns, fromRow, type OrderRow, type StoredOrder } from './orderRow.ts';

/**
 * Inserts an order that was just placed.
 * @param paymentTimeoutSeconds how long it may stay unpaid
 */
export async function insertOrder(
  tx: Tx,
  order: Order,
  cause: Cause,
  paymentTimeoutSeconds: number,
): Promise<void> {
  await tx.query(
    `insert into orders (order_id, cafe_id, customer, items, total_amount, total_currency, status, payment_state,
                         placed_at, payment_due_at, cause)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9::timestamptz + make_interval(secs => $10), $11)`,
    [
      order.orderId,
      order.cafeId,
      JSON.stringify(order.customer),
      JSON.stringify(order.items),
      order.total.amount,
      order.total.currency,
      order.status,
      order.payment.state,
      new Date(order.times.placed),
      paymentTimeoutSeconds,
      JSON.stringify(cause),
    ],
  );
}

/** Reads an order and locks it until the transaction ends: what is decided on it holds, and its events keep order. */
export async function lockOrder(tx: Tx, orderId: string): Promise<StoredOrder | undefined> {
  const { rows } = await tx.query<OrderRow>('select * from orders where order_id = $1 for update', [orderId]);
  return rows[0] && fromRow(rows[0]);
}

/** Reads orders as they are now; those that don't exist are left out. */
export async function findOrders(tx: Tx, orderIds: string[]): Promise<StoredOrder[]> {
  const { rows } = await tx.query<OrderRow>('select * from orders where order_id = any($1::text[])', [
    orderIds,
  ]);
  return rows.map(fromRow);
}

/** Writes an order back that `lockOrder` has read. */
export async function saveOrder(tx: Tx, order: Order, cause: Cause): Promise<void> {
  const columns = { ...changingColumns(order), cause: JSON.stringify(cause) };
  const assignments = Object.keys(columns).map((column, index) => `${column} = $${index + 2}`);
  await tx.query(`update orders set ${assignments.join(', ')}, version = version + 1 where order_id = $1`, [
    order.orderId,
    ...Object.values(columns),
  ]);
}

/** Locks the orders whose payment is overdue, the longest waiting first. Those that somebody else works on are left out. */
export async function lockUnpaid(tx: Tx, limit: number): Promise<string[]> {
  const { rows } = await tx.query<{ order_id: string }>(
    `select order_id from orders where status = 'placed' and payment_due_at <= now()
     order by payment_due_at limit $1 for update skip locked`,
    [limit],
  );
  return rows.map((row) => row.order_id);
}
