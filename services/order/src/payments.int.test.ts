import {
  MenuItemChanged,
  OrderCancelled,
  OrderPlaced,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
  rules,
  StockRejected,
  StockReserved,
} from '@brew/events';
import { uniqueName, until } from '@brew/sandbox/testing';
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
    const { seconds } = await world.untilJob(orderId, 'settle');
    // Its time counts from then on, and by the database's clock.
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThanOrEqual(60);
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
    const orderId = await world.awaiting();
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
    const orderId = await world.awaiting();
    for (const type of ['succeeded', 'succeeded', 'processing', 'failed', 'succeeded']) {
      expect((await world.webhook(`payment.${type}`, orderId)).status).toBe(200);
    }
    await Promise.all(Array.from({ length: 5 }, () => world.webhook('payment.succeeded', orderId)));
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
    const { rows } = await world.db.query('select version from orders where order_id = $1', [orderId]);
    expect(rows).toEqual([{ version: 3 }]); // placed, asked for, paid: and nothing since
  });

  test('that fails cancels the order', async () => {
    const orderId = await world.awaiting();
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

  test('that nobody has asked for yet is given back, and the order waits for its stock and for the right one', async () => {
    const orderId = await world.place();
    await world.webhook('payment.succeeded', orderId, { paymentId: `early-${orderId}` });
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.paymentId).toBe(`early-${orderId}`);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'none' });

    await world.reserveStock(orderId);
    await world.untilJob(orderId, 'settle');
    await world.webhook('payment.succeeded', orderId, { paymentId: `early-${orderId}` }); // told again
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'requested' });
    await world.webhook('payment.succeeded', orderId);
    expect((await world.untilEvent(PaymentReceived, orderId)).data.paymentId).toBe(`pay-${orderId}`);
    expect(world.eventsOf(orderId, PaymentRefunded)).toHaveLength(1);
  });

  test.each([
    ['of another id', { paymentId: 'foreign' }],
    ['of another id and other money', { paymentId: 'foreign', amount: 1, currency: 'USD' }],
  ])('%s that fails changes nothing', async (_title, foreign) => {
    const orderId = await world.awaiting();
    expect((await world.webhook('payment.failed', orderId, foreign)).status).toBe(200);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'requested' });
    await world.webhook('payment.succeeded', orderId);
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
  });

  test('that fails before anybody has asked for one changes nothing', async () => {
    const orderId = await world.place();
    expect((await world.webhook('payment.failed', orderId)).status).toBe(200);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'none' });
  });

  test('whose id is not known yet, since the provider has not answered, is known by its money when it fails', async () => {
    const orderId = await world.place();
    world.provider.answer(orderId, 503);
    await world.reserveStock(orderId);
    await world.untilJob(orderId, 'payment', 1);
    await world.webhook('payment.failed', orderId, { amount: 1 });
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'requested' });
    await world.webhook('payment.failed', orderId);
    expect(await world.get(orderId)).toMatchObject({ status: 'cancelled', reason: 'payment_failed' });
    world.provider.answer(orderId, undefined);
  });

  test('of each order that fails is judged by itself, also when many are told of at once', async () => {
    const orderIds = await Promise.all(Array.from({ length: 6 }, () => world.awaiting()));
    const of = (paymentId: string) => (paymentId === '' ? {} : { paymentId });
    await Promise.all(
      orderIds.map((orderId, n) => world.webhook('payment.failed', orderId, of(n % 2 ? 'foreign' : ''))),
    );
    const statuses = await Promise.all(orderIds.map(async (orderId) => (await world.get(orderId)).status));
    expect(statuses).toEqual(orderIds.map((_, n) => (n % 2 ? 'placed' : 'cancelled')));
  });

  test.each([
    ['of another amount', { amount: 1 }],
    ['in another currency', { currency: 'USD' }],
    ['in a currency that is none here', { currency: 'XBT' }],
    ['of as much as can be written', { amount: rules.paid.max }],
  ])('%s is given back, and the order goes ahead with the right one', async (_title, wrong) => {
    const orderId = await world.awaiting();
    await world.webhook('payment.succeeded', orderId, { paymentId: `wrong-${orderId}`, ...wrong });
    const refunded = await world.untilEvent(PaymentRefunded, orderId);
    expect(refunded.data).toMatchObject({
      paymentId: `wrong-${orderId}`,
      amount: { amount: 420, currency: 'EUR', ...wrong },
    });
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'requested' });
    expect(world.eventsOf(orderId, PaymentReceived)).toEqual([]);

    await world.webhook('payment.succeeded', orderId);
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
    await world.untilEvent(PaymentReceived, orderId);
    expect(await world.jobsOf(orderId)).toMatchObject([{ kind: 'recheck' }]);
  });

  test('that is told of with one cent and then in full is given back in full, and once', async () => {
    const orderId = await world.awaiting();
    const paymentId = `pay-${orderId}`;
    const amount = { amount: 420, currency: 'EUR' };
    world.provider.settle({ paymentId, orderId, amount, status: 'succeeded' });
    await world.webhook('payment.succeeded', orderId, { amount: 1 });
    await world.webhook('payment.succeeded', orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data).toMatchObject({ paymentId, amount });
    expect(callsAbout(paymentId).map(({ body }) => body.amount)).toEqual([amount]);

    await world.makeOverdue(orderId);
    const ended = { status: 'cancelled', reason: 'payment_timeout', payment: 'refunded' } as const;
    await world.untilOrder(orderId, ended);
    expect(world.eventsOf(orderId, PaymentRefunded)).toHaveLength(1);
  });

  test('that comes a second time under another id is given back, once', async () => {
    const orderId = await world.awaiting();
    await world.webhook('payment.succeeded', orderId);
    for (const paymentId of ['second', 'third', 'second']) {
      await world.webhook('payment.succeeded', orderId, { paymentId: `${paymentId}-${orderId}` });
    }
    await until(() => world.eventsOf(orderId, PaymentRefunded).length === 2, { what: 'two refunds' });
    const refunded = world.eventsOf(orderId, PaymentRefunded).map(({ data }) => data);
    expect(refunded.map((data) => (data as PaymentRefunded).paymentId).sort()).toEqual([
      `second-${orderId}`,
      `third-${orderId}`,
    ]);
    expect(callsAbout(`second-${orderId}`)).toHaveLength(1);
    const keys = refunded.flatMap((data) => callsAbout((data as PaymentRefunded).paymentId));
    expect(new Set(keys.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
  });
});

describe('an order that costs nothing', () => {
  test('is paid without the provider, and is given up like any other', async () => {
    const sku = uniqueName('free');
    const item = { name: 'Friday coffee', category: 'drink', preparationSeconds: 60 } as const;
    const price = { amount: 0, currency: 'EUR' };
    await world.bus.publish(MenuItemChanged, { ...item, sku, price, changedAt: Date.now() });
    const order = { ...world.order, items: [{ sku, quantity: 2 }] };
    const { orderId, total } = await until(async () => {
      const { status, body } = await world.call('POST', '/orders', order);
      return status === 201 && body;
    });
    expect(total).toEqual(price);
    await world.reserveStock(orderId);
    const received = await world.untilEvent(PaymentReceived, orderId);
    expect(received.data).toMatchObject({ paymentId: `free-${orderId}`, amount: price });
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });

    await world.call('POST', `/orders/${orderId}/cancel`);
    await world.kitchenDrops(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.amount).toEqual(price);
    expect(await world.get(orderId)).toMatchObject({ status: 'cancelled', payment: 'refunded' });
    expect(callsAbout(orderId)).toEqual([]);
    expect(callsAbout(`free-${orderId}`)).toEqual([]);
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
