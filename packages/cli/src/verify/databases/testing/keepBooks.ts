import { instantOf } from '../../seen.ts';
import type { AnyEvent } from '../../testing/soundOrder.ts';
import type { TestDatabases } from './testDatabases.ts';

const statuses = [
  ['OrderDelivered', 'delivered'],
  ['OrderCancelled', 'cancelled'],
  ['CourierAssigned', 'on_the_way'],
  ['OrderReady', 'ready'],
  ['KitchenStarted', 'preparing'],
  ['PaymentReceived', 'paid'],
  ['OrderPlaced', 'placed'],
] as const;

type Data = {
  cafeId: string;
  total: { amount: number; currency: string };
  amount: { amount: number; currency: string };
  paymentId: string;
  refundId: string;
  reason: string;
  slot: number;
  courierId: string;
  customer: object;
  items: { sku: string; name: string; quantity: number }[];
};

/** Writes the rows that the services have of an order with these events; the reports are left to `keepReports`. */
export async function keepBooks(databases: TestDatabases, events: readonly AnyEvent[]): Promise<void> {
  const find = (name: string) => events.find(({ type }) => type.name === name);
  const data = (name: string) => find(name)?.data as Data | undefined;
  const at = (name: string) => {
    const event = find(name);
    return event ? new Date(event.data[instantOf(event.type)] as number) : null;
  };
  const orderId = events[0]?.correlationId;
  const placed = data('OrderPlaced') as Data;
  const paid = data('PaymentReceived');
  const refund = data('PaymentRefunded');
  const isAccepted = refund !== undefined && paid?.paymentId === refund.paymentId;
  const placedAt = at('OrderPlaced');
  // Names of payments are the test's own, the same for all orders: at the provider they are primary keys.
  await databases.of('orders').query(
    `insert into orders (order_id, cafe_id, customer, items, total_amount, total_currency, status, cancel_reason,
       payment_state, payment_id, payment_amount, payment_currency, refund_id, other_payments, placed_at, payment_due_at, cause,
       paid_at, preparing_at, ready_at, on_the_way_at, delivered_at, cancelled_at, cancellation_requested_at)
     values ($1, $2, $14, $15, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now(), '{}', $16, $17, $18, $19, $20, $21, $22)`,
    [
      orderId,
      placed.cafeId,
      placed.total.amount,
      placed.total.currency,
      statuses.find(([name]) => find(name))?.[1],
      data('OrderCancelled')?.reason,
      paid ? (isAccepted ? 'refunded' : 'received') : find('PaymentFailed') ? 'failed' : 'none',
      paid?.paymentId,
      paid?.amount.amount,
      paid?.amount.currency,
      isAccepted ? refund.refundId : null,
      JSON.stringify(refund && !isAccepted ? [{ ...refund, orderId: undefined }] : []),
      placedAt,
      JSON.stringify(placed.customer),
      JSON.stringify(placed.items),
      ...['PaymentReceived', 'KitchenStarted', 'OrderReady', 'CourierAssigned', 'OrderDelivered'].map(at),
      ...['OrderCancelled', 'CancellationRequested'].map(at),
    ],
  );
  for (const payment of [paid, isAccepted ? undefined : refund]) {
    if (!payment) continue;
    await databases.of('psp').query(
      `insert into payments (payment_id, idempotency_key, order_id, amount, currency, outcome, settles_at)
       values ($1, $1, $2, $3, $4, 'succeeded', $5)`,
      [payment.paymentId, orderId, payment.amount.amount, payment.amount.currency, placedAt],
    );
  }
  if (refund)
    await databases
      .of('psp')
      .query(
        'insert into refunds (refund_id, idempotency_key, payment_id, amount, created_at) values ($1, $1, $2, $3, $4)',
        [refund.refundId, refund.paymentId, refund.amount.amount, placedAt],
      );
  const reserved = data('StockReserved');
  if (reserved)
    await databases
      .of('catalog')
      .query('insert into reservations values ($1, $2, $3, $4, $5)', [
        orderId,
        reserved.cafeId,
        JSON.stringify(reserved.items.map(({ sku, quantity }) => ({ sku, quantity, shelf: '1' }))),
        placedAt,
        at('StockReleased'),
      ]);
  const started = data('KitchenStarted');
  await databases.of('kitchen').query(
    `insert into tickets (order_id, cafe_id, placed_at, paid_at, cancelled_at, slot, started_at, ready_at, dropped_at, customer, items)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      ...[orderId, placed.cafeId, placedAt, at('PaymentReceived'), at('OrderCancelled'), started?.slot],
      ...['KitchenStarted', 'OrderReady', 'TicketDropped'].map(at),
      JSON.stringify(placed.customer),
      JSON.stringify(placed.items.map(({ name, quantity }) => ({ name, quantity }))),
    ],
  );
  if (!find('OrderReady')) return;
  const courierId = data('CourierAssigned')?.courierId;
  if (courierId)
    await databases
      .of('courier')
      .query(
        `insert into couriers (courier_id, name, free_since) values ($1, 'Kim', now()) on conflict do nothing`,
        [courierId],
      );
  await databases.of('courier').query(
    `insert into shipments (order_id, cafe_id, ready_at, courier_id, assigned_at, delivered_at, cause_id, courier_name)
     values ($1, $2, $3, $4, $5, $6, '', case when $4::text is not null then 'Kim' end)`,
    [orderId, placed.cafeId, ...[at('OrderReady'), courierId, at('CourierAssigned'), at('OrderDelivered')]],
  );
}
