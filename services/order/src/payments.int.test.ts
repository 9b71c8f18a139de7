import {
  OrderCancelled,
  OrderPlaced,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
  StockRejected,
  StockReserved,
} from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from './testing/startWorld.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const callsAbout = (orderId: string) => world.provider.callsAbout(orderId);
const asked = (orderId: string) =>
  until(() => callsAbout(orderId).length > 0, { what: `the provider to be asked about ${orderId}` });
const traceOf = (event: { traceparent?: string | undefined }) => event.traceparent?.split('-')[1];

/** An order that the provider was asked about. */
async function awaiting(): Promise<string> {
  const orderId = await world.place();
  await world.reserveStock(orderId);
  await asked(orderId);
  return orderId;
}

/** An order that was given up before its payment came. */
async function expired(): Promise<string> {
  const orderId = await awaiting();
  await world.makeOverdue(orderId);
  await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_timeout' });
  return orderId;
}

describe('reserved stock', () => {
  test('leads to one call to the provider, with the key that makes it count once', async () => {
    const orderId = await world.place();
    const id = await world.reserveStock(orderId);
    await world.bus.publish(
      StockReserved,
      { orderId, cafeId: 'cafe-001', items: [], reservedAt: Date.now() },
      { id }, // the same event again
    );
    await world.handled(await world.reserveStock(orderId)); // and another one that says the same
    await asked(orderId);
    await until(async () => (await world.db.query('select from payment_jobs')).rowCount === 0, {
      what: 'no more jobs',
    });
    expect(callsAbout(orderId)).toHaveLength(1);
    const [call] = callsAbout(orderId);
    expect(call).toMatchObject({
      path: '/payments',
      body: { orderId, amount: { amount: 420, currency: 'EUR' } },
    });
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer psp-key',
      'idempotency-key': `payment-${orderId}`,
      traceparent: expect.any(String),
    });
  });

  test('is asked for again, with the same key, when the provider fails', async () => {
    world.provider.fail(2, 503);
    const orderId = await world.place();
    await world.reserveStock(orderId);
    await until(() => callsAbout(orderId).length === 3, { what: 'the third attempt' });
    expect(new Set(callsAbout(orderId).map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    await world.webhook('payment.succeeded', orderId);
    await world.untilOrder(orderId, { status: 'paid' });
  });
});

describe('a payment', () => {
  test('makes the order paid, and is published in the trace of the order', async () => {
    const orderId = await awaiting();
    expect(await world.webhook('payment.succeeded', orderId)).toMatchObject({
      status: 200,
      body: { received: true },
    });
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });

    const event = await world.untilEvent(PaymentReceived, orderId);
    expect(event.data).toMatchObject({
      paymentId: `pay-${orderId}`,
      amount: { amount: 420, currency: 'EUR' },
    });
    const [reserved] = world.eventsOf(orderId, StockReserved);
    expect(event.causationId).toBe(reserved?.id);
    expect(traceOf(event)).toBe(traceOf(await world.untilEvent(OrderPlaced, orderId)));
  });

  test('that is told twice, late and in the wrong order counts once', async () => {
    const orderId = await awaiting();
    for (const type of ['succeeded', 'succeeded', 'processing', 'failed', 'succeeded']) {
      expect((await world.webhook(`payment.${type}`, orderId)).status).toBe(200);
    }
    await Promise.all(Array.from({ length: 5 }, () => world.webhook('payment.succeeded', orderId)));
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
    const { rows } = await world.db.query('select version from orders where order_id = $1', [orderId]);
    expect(rows).toEqual([{ version: 3 }]); // placed, asked for, paid: and nothing since
  });

  test('that fails cancels the order', async () => {
    const orderId = await awaiting();
    await world.webhook('payment.failed', orderId);
    expect(await world.get(orderId)).toMatchObject({
      status: 'cancelled',
      reason: 'payment_failed',
      payment: 'failed',
      times: { cancelled: expect.any(String) },
    });
    const failed = await world.untilEvent(PaymentFailed, orderId);
    expect(failed.data).toMatchObject({ paymentId: `pay-${orderId}`, reason: 'card_declined' });
    const cancelled = await world.untilEvent(OrderCancelled, orderId);
    expect(cancelled).toMatchObject({ causationId: failed.id, data: { reason: 'payment_failed' } });
  });

  test('of another amount is given back', async () => {
    const orderId = await awaiting();
    await world.webhook('payment.succeeded', orderId, { amount: 1 });
    const refunded = await world.untilEvent(PaymentRefunded, orderId);
    expect(refunded.data.amount).toEqual({ amount: 1, currency: 'EUR' });
    expect(world.eventsOf(orderId, PaymentReceived)).toEqual([]);
  });
});

describe('a payment that does not come', () => {
  test('cancels the order, in its trace', async () => {
    const orderId = await expired();
    const event = await world.untilEvent(OrderCancelled, orderId);
    expect(event.data.reason).toBe('payment_timeout');
    expect(traceOf(event)).toBe(traceOf(await world.untilEvent(OrderPlaced, orderId)));
  });

  test('is not waited for when not even the stock has answered', async () => {
    const orderId = await world.place();
    await world.makeOverdue(orderId);
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_timeout' });
    await world.handled(await world.reserveStock(orderId));
    expect(callsAbout(orderId)).toEqual([]);
    expect((await world.db.query('select from payment_jobs where order_id = $1', [orderId])).rowCount).toBe(
      0,
    );
  });

  test('and comes after all is given back, and published as nothing but a refund', async () => {
    const orderId = await expired();
    await world.webhook('payment.succeeded', orderId);
    await world.webhook('payment.succeeded', orderId);
    const refunded = await world.untilEvent(PaymentRefunded, orderId);
    expect(refunded.data).toMatchObject({
      paymentId: `pay-${orderId}`,
      refundId: `re-pay-${orderId}`,
      amount: { amount: 420, currency: 'EUR' },
    });
    expect(await world.get(orderId)).toMatchObject({
      status: 'cancelled',
      reason: 'payment_timeout',
      payment: 'refunded',
    });
    expect(world.eventsOf(orderId, PaymentReceived)).toEqual([]);
    expect(callsAbout(`pay-${orderId}`).map(({ path }) => path)).toEqual(['/refunds']);
  });

  test('is given back in the end, however often the provider fails', async () => {
    const orderId = await expired();
    world.provider.fail(3, 500);
    await world.webhook('payment.succeeded', orderId);
    await world.untilEvent(PaymentRefunded, orderId);
    expect(callsAbout(`pay-${orderId}`)).toHaveLength(4);
  });

  test('is not asked for any more when the order has been cancelled meanwhile', async () => {
    world.provider.fail(1_000, 503);
    const orderId = await awaiting();
    await world.call('POST', `/orders/${orderId}/cancel`);
    expect((await world.db.query('select from payment_jobs where order_id = $1', [orderId])).rowCount).toBe(
      0,
    );
    world.provider.fail(0, 503);
  });
});

describe('stock that is rejected', () => {
  test('cancels the order before anybody is asked for money', async () => {
    const orderId = await world.place();
    const missing = [{ sku: world.sku, requested: 1, available: 0 }];
    const id = await world.bus.publish(StockRejected, {
      orderId,
      cafeId: 'cafe-001',
      missing,
      rejectedAt: Date.now(),
    });
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'out_of_stock' });
    expect(await world.untilEvent(OrderCancelled, orderId)).toMatchObject({ causationId: id });
    expect(callsAbout(orderId)).toEqual([]);
  });
});

describe('a restart', () => {
  test('loses nothing that is under way', async () => {
    const orderId = await world.place();
    world.provider.fail(1, 500);
    await world.reserveStock(orderId);
    await asked(orderId);
    await world.restart();
    await until(() => callsAbout(orderId).length > 1, { what: 'the call to be made again' });
    await world.webhook('payment.succeeded', orderId);
    await world.untilEvent(PaymentReceived, orderId);
  });
});
