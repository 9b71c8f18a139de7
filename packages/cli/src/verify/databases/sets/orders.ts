import { crc32 } from 'node:zlib';
import { duration, money } from '../../../text/format.ts';
import { allOf, find, type OrderState, refundsOf } from '../../orderState.ts';
import { placedWith } from '../../placedWith.ts';
import { defineBook, type Judging } from '../book.ts';
import { completeTickets } from '../sql/kitchen.ts';
import { unpublished } from '../sql/messaging.ts';
import { type HangingOrder, hangingOrders, type OrderRow, orderRows } from '../sql/orders.ts';
import { compareCustomer, compareFacts, itemsOf } from './facts.ts';
import { moneyOf } from './moneyOf.ts';

/** The rows of order-service, which are what customers and staff see. */
export const orders = defineBook<OrderRow>({
  name: 'orders',
  database: 'orders',
  page: orderRows,
  missing: () => 'has no row',
  compare: compareOrder,
  async hanging({ databaseOf, overdueAfterSeconds, graceSeconds, isWithout }) {
    const found = await hangingOrders(databaseOf('orders'), Math.min(graceSeconds, overdueAfterSeconds));
    const overdue = found.filter(({ seconds }) => seconds >= overdueAfterSeconds);
    const lost = found.filter(
      ({ orderId, status, seconds }) =>
        seconds < overdueAfterSeconds &&
        status === 'paid' &&
        isWithout(orderId, 'OrderPlaced', 'PaymentReceived'),
    );
    const ids = lost.map(({ orderId }) => orderId);
    const waiting = await unpublished(databaseOf('orders'), ids);
    const complete = await completeTickets(databaseOf('kitchen'), ids);
    const sentenceOf = ({ orderId, seconds }: HangingOrder, why: string) => ({
      orderId,
      sentence: `has been paid for ${duration(seconds * 1_000)}, and ${why}`,
    });
    const after = duration(overdueAfterSeconds * 1_000);
    return [
      ...overdue.map((one) => sentenceOf(one, `has not ended (${one.status}): npx brew overdue`)),
      ...lost
        .filter(({ orderId }) => !waiting.has(orderId) && !complete.has(orderId))
        .map((one) =>
          sentenceOf(
            one,
            `nobody will make it: the kitchen lacks an event that the topics do not hold any more. After ${after}: npx brew overdue`,
          ),
        ),
    ];
  },
});

export function compareOrder(order: OrderState, row: OrderRow, judging: Judging): string[] {
  return [
    ...placing(order, row),
    ...status(order, row, judging),
    ...times(order, row, judging),
    ...payment(order, row, judging),
    ...paymentState(order, row, judging),
    ...refunds(order, row, judging),
  ];
}

function* placing(order: OrderState, row: OrderRow): Generator<string> {
  const placed = find(order, 'OrderPlaced');
  if (!placed) return;
  const cafe = placed.stock?.cafeId;
  if (cafe !== row.cafeId) yield `was placed at ${cafe}, and its row says ${row.cafeId}`;
  if (moneyOf(placed) !== money(row.total))
    yield `cost ${moneyOf(placed)}, and its row says ${money(row.total)}`;
  if (placed.placedWith && placed.placedWith.items !== placedWith.items(row.items))
    yield `was placed with other items than its row says (${itemsOf(row.items)})`;
  if (placed.placedWith && placed.placedWith.channel !== placedWith.channel(row.channel))
    yield `was not placed by ${row.channel}, as its row says`;
  yield* compareCustomer(order, 'row', row.customer);
}

/** From the end: the first that there is tells the status. */
const steps = [
  ['OrderDelivered', 'delivered'],
  ['OrderCancelled', 'cancelled'],
  ['CourierAssigned', 'on_the_way'],
  ['OrderReady', 'ready'],
  ['KitchenStarted', 'preparing'],
  ['PaymentReceived', 'paid'],
  ['OrderPlaced', 'placed'],
] as const;

const rank = (status: string) => steps.findIndex(([, name]) => name === status);

function* status(order: OrderState, row: OrderRow, { holds }: Judging): Generator<string> {
  const told = steps.find(([event]) => find(order, event))?.[1];
  if (told === undefined) return;
  // Of an order whose events are partly gone, it may be further on than those that are left tell.
  const isBehind = rank(row.status) > rank(told);
  if (isBehind || (row.status !== told && holds(...steps.map(([event]) => event))))
    yield `is ${told} by its events, and ${row.status} by its row`;
  const cancelled = find(order, 'OrderCancelled');
  if (cancelled && row.cancelReason !== null && row.cancelReason !== cancelled.detail)
    yield `was cancelled for ${cancelled.detail}, and its row says ${row.cancelReason}`;
}

/** Told by others, who may tell it after the order has ended here. */
const laterSteps = new Set(['preparing', 'ready', 'on_the_way', 'delivered']);

function* times(order: OrderState, row: OrderRow, judging: Judging): Generator<string> {
  const mayLack = (status: string) => row.status === 'cancelled' && laterSteps.has(status);
  const facts = steps
    .map(([event, status]) => [event, status, row.times[status] ?? null] as const)
    .filter(([, status, time]) => time !== null || !mayLack(status));
  const asked = ['CancellationRequested', 'asked to be cancelled', row.cancellationRequestedAt] as const;
  yield* compareFacts(order, 'row', [...facts.toReversed(), asked], judging);
}

function* payment(order: OrderState, { accepted }: OrderRow, { holds }: Judging): Generator<string> {
  const paid = find(order, 'PaymentReceived');
  if (!paid) {
    if (accepted && holds('PaymentReceived'))
      yield `is paid with ${money(accepted.amount)} (${accepted.paymentId}) by its row, and by no event`;
  } else if (!accepted) yield `was paid with ${moneyOf(paid)}, and its row knows of no payment`;
  else if (crc32(accepted.paymentId) !== paid.payment)
    yield `went ahead with another payment than its row says (${accepted.paymentId})`;
  else if (money(accepted.amount) !== moneyOf(paid))
    yield `was paid with ${moneyOf(paid)}, and its row says ${money(accepted.amount)}`;
}

function* paymentState(order: OrderState, row: OrderRow, { holds }: Judging): Generator<string> {
  const [told, stored] = [paymentStateOf(order), row.paymentState];
  if (stored === told) return;
  // It was cancelled while the provider was asked, and it is not known yet what became of that.
  if (stored === 'requested' && told === 'none' && row.asks) return;
  // It has not heard of its stock yet: a service that was away hears late, and an order that never does ends.
  if (stored === 'none' && told === 'requested') return;
  if (holds('StockReserved', 'PaymentReceived', 'PaymentFailed', 'PaymentRefunded', 'OrderCancelled'))
    yield `has a payment that is ${told} by its events, and ${stored} by its row`;
}

function paymentStateOf(order: OrderState): string {
  const cancelled = find(order, 'OrderCancelled') !== undefined;
  if (find(order, 'PaymentReceived')) {
    if (refundsOf(order).accepted.length > 0) return 'refunded';
    return cancelled ? 'refunding' : 'received';
  }
  if (find(order, 'PaymentFailed')) return 'failed';
  return find(order, 'StockReserved') && !cancelled ? 'requested' : 'none';
}

function* refunds(order: OrderState, { accepted, others }: OrderRow, { holds }: Judging): Generator<string> {
  const stored = [...(accepted ? [accepted] : []), ...others].flatMap(({ refundId, ...rest }) =>
    refundId ? [{ ...rest, refundId }] : [],
  );
  const told = allOf(order, 'PaymentRefunded');
  for (const event of told) {
    const same = stored.find(({ paymentId }) => crc32(paymentId) === event.payment);
    if (!same) yield `was given back ${moneyOf(event)}, and its row knows of no such refund`;
    else if (crc32(same.refundId) !== event.refund || money(same.amount) !== moneyOf(event))
      yield `was given back ${moneyOf(event)}, and its row says ${money(same.amount)} (${same.refundId})`;
  }
  for (const { paymentId, refundId, amount } of others) {
    if (!refundId)
      yield `does not go ahead with ${money(amount)} (${paymentId}) by its row, and has not given it back`;
  }
  for (const { paymentId, refundId, amount } of stored) {
    if (!told.some(({ payment }) => payment === crc32(paymentId)) && holds('PaymentRefunded'))
      yield `was given back ${money(amount)} (${refundId}) by its row, and by no event`;
  }
}
