import type { Cause } from '@brew/service';
import type { CancelReason, Order, OrderState, OtherPayment, Payment, Status } from '../domain/order.ts';

/** An order as it is kept: with what led to its last change, and how often it has changed. */
export interface StoredOrder<State extends OrderState = Order> {
  order: State;
  cause: Cause;
  version: number;
}

/** The columns of an OrderState, as pg reads them: bigint comes as text, timestamptz as Date. */
export interface StateRow {
  order_id: string;
  cafe_id: string;
  total_amount: string;
  total_currency: string;
  status: Status;
  cancel_reason: CancelReason | null;
  payment_state: Payment['state'];
  payment_id: string | null;
  payment_amount: string | null;
  payment_currency: string | null;
  refund_id: string | null;
  other_payments: OtherPayment[];
  placed_at: Date;
  paid_at: Date | null;
  preparing_at: Date | null;
  ready_at: Date | null;
  on_the_way_at: Date | null;
  delivered_at: Date | null;
  cancelled_at: Date | null;
  cancellation_requested_at: Date | null;
  cause: Cause;
  version: number;
}

/** A row of `orders`. */
export interface OrderRow extends StateRow {
  customer: Order['customer'];
  channel: Order['channel'];
  items: Order['items'];
}

/** What to select for a StateRow: most of a row's bytes are its items and customer, which no decision needs. */
export const stateColumns = `order_id, cafe_id, total_amount, total_currency, status, cancel_reason, payment_state, payment_id,
  payment_amount, payment_currency, refund_id, other_payments, placed_at, paid_at, preparing_at, ready_at, on_the_way_at,
  delivered_at, cancelled_at, cancellation_requested_at, cause, version`;

export function fromRow(row: OrderRow): StoredOrder {
  const { order, ...stored } = fromStateRow(row);
  const { customer, channel, items } = row;
  return { ...stored, order: { ...order, customer, channel, items } };
}

export function fromStateRow(row: StateRow): StoredOrder<OrderState> {
  const order: OrderState = {
    orderId: row.order_id,
    cafeId: row.cafe_id,
    total: { amount: Number(row.total_amount), currency: row.total_currency },
    status: row.status,
    cancelReason: row.cancel_reason ?? undefined,
    times: timesOf(row),
    payment: paymentOf(row),
    otherPayments: row.other_payments,
    cancellationRequestedAt: row.cancellation_requested_at?.getTime(),
  };
  return { order, cause: row.cause, version: row.version };
}

function timesOf(row: StateRow): Order['times'] {
  const times: Order['times'] = { placed: row.placed_at.getTime() };
  if (row.paid_at) times.paid = row.paid_at.getTime();
  if (row.preparing_at) times.preparing = row.preparing_at.getTime();
  if (row.ready_at) times.ready = row.ready_at.getTime();
  if (row.on_the_way_at) times.on_the_way = row.on_the_way_at.getTime();
  if (row.delivered_at) times.delivered = row.delivered_at.getTime();
  if (row.cancelled_at) times.cancelled = row.cancelled_at.getTime();
  return times;
}

function paymentOf(row: StateRow): Payment {
  const state = row.payment_state;
  if (state === 'none' || state === 'requested' || state === 'failed') return { state };
  const paymentId = row.payment_id ?? '';
  const amount = { amount: Number(row.payment_amount), currency: row.payment_currency ?? '' };
  return state === 'refunded'
    ? { state, paymentId, amount, refundId: row.refund_id ?? '' }
    : { state, paymentId, amount };
}

/** The columns of an order that change, as `saveOrders` writes them. */
export function toChangedRow({ order, cause, version }: StoredOrder<OrderState>) {
  const { orderId, status, cancelReason, times, payment, otherPayments, cancellationRequestedAt } = order;
  const money = 'amount' in payment ? payment.amount : undefined;
  return {
    order_id: orderId,
    status,
    cancel_reason: cancelReason,
    payment_state: payment.state,
    payment_id: 'paymentId' in payment ? payment.paymentId : undefined,
    payment_amount: money?.amount,
    payment_currency: money?.currency,
    refund_id: 'refundId' in payment ? payment.refundId : undefined,
    other_payments: otherPayments,
    paid_at: dateOf(times.paid),
    preparing_at: dateOf(times.preparing),
    ready_at: dateOf(times.ready),
    on_the_way_at: dateOf(times.on_the_way),
    delivered_at: dateOf(times.delivered),
    cancelled_at: dateOf(times.cancelled),
    cancellation_requested_at: dateOf(cancellationRequestedAt),
    cause,
    version,
  };
}

const dateOf = (instant: number | undefined) => (instant === undefined ? undefined : new Date(instant));
