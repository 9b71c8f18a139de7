import {
  MenuItemChanged,
  OrderCancelled,
  OrderPlaced,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
  StockRejected,
  StockReserved,
  TicketDropped,
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

const jobsOf = async (orderId: string) => {
  const { rows } = await world.db.query<{ kind: string; attempts: number; seconds: number }>(
    `select kind, attempts, extract(epoch from due_at - now())::float8 as seconds
     from payment_jobs where order_id = $1`,
    [orderId],
  );
  return rows;
};
const untilJob = (orderId: string, kind: string, attempts = 0) =>
  until(async () => (await jobsOf(orderId)).find((job) => job.kind === kind && job.attempts >= attempts), {
    what: `attempt ${attempts} at the job ${kind} of ${orderId}`,
  });
const pathsOf = (orderId: string) => callsAbout(orderId).map(({ method, path }) => `${method} ${path}`);

/** An order whose payment was asked for, and whose provider has taken the request. */
async function awaiting(): Promise<string> {
  const orderId = await world.place();
  await world.reserveStock(orderId);
  await untilJob(orderId, 'settle');
  return orderId;
}

/** The provider has this payment, and no webhook will ever tell of it. */
const taken = (orderId: string, more: object = {}) =>
  world.provider.settle({
    ...{
      paymentId: `pay-${orderId}`,
      orderId,
      amount: { amount: 420, currency: 'EUR' },
      status: 'succeeded',
    },
    ...more,
  });

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
    const { seconds } = await untilJob(orderId, 'settle');
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

  test.each([
    ['of another amount', { amount: 1 }],
    ['in another currency', { currency: 'USD' }],
  ])('%s is given back, and the order goes ahead with the right one', async (_title, wrong) => {
    const orderId = await awaiting();
    await world.webhook('payment.succeeded', orderId, { paymentId: `wrong-${orderId}`, ...wrong });
    const refunded = await world.untilEvent(PaymentRefunded, orderId);
    expect(refunded.data).toMatchObject({
      paymentId: `wrong-${orderId}`,
      amount: { amount: 420, currency: 'EUR', ...wrong },
    });
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'refunded' });
    expect(world.eventsOf(orderId, PaymentReceived)).toEqual([]);

    await world.webhook('payment.succeeded', orderId);
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
    await world.untilEvent(PaymentReceived, orderId);
    expect(await jobsOf(orderId)).toEqual([]);
  });

  test('that comes a second time under another id is given back, once', async () => {
    const orderId = await awaiting();
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

describe('a payment of which no webhook tells', () => {
  const isDue = (orderId: string) => world.makeOverdue(orderId);

  test('is found out when its time is up, and the order goes ahead', async () => {
    const orderId = await awaiting();
    taken(orderId);
    await isDue(orderId);
    await world.untilOrder(orderId, { status: 'paid', payment: 'received' });
    expect(pathsOf(orderId)).toEqual(['POST /payments', 'GET /payments']);
    expect(callsAbout(orderId).at(-1)?.headers).toMatchObject({ authorization: 'Bearer psp-key' });
    const event = await world.untilEvent(PaymentReceived, orderId);
    expect(event.causationId).toBe(world.eventsOf(orderId, StockReserved)[0]?.id);
    expect(await jobsOf(orderId)).toEqual([]);
    await world.webhook('payment.succeeded', orderId); // it was not lost, but late
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
  });

  test('is found out, too, when it was we who were away', async () => {
    const orderId = await awaiting();
    await world.app.stop();
    taken(orderId);
    await isDue(orderId);
    await world.restart();
    await world.untilOrder(orderId, { status: 'paid' });
  });

  test('and has failed cancels the order, with the reason', async () => {
    const orderId = await awaiting();
    taken(orderId, { status: 'failed', reason: 'card_expired' });
    await isDue(orderId);
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_failed' });
    expect((await world.untilEvent(PaymentFailed, orderId)).data.reason).toBe('card_expired');
  });

  test('leaves the order waiting for as long as the provider can not be asked', async () => {
    const orderId = await awaiting();
    world.provider.answer(orderId, 503);
    await isDue(orderId);
    await untilJob(orderId, 'settle', 3);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'requested' });
    taken(orderId);
    world.provider.answer(orderId, undefined);
    await world.untilOrder(orderId, { status: 'paid' });
  });

  test('leaves the order waiting for as long as it may still succeed', async () => {
    const orderId = await awaiting();
    const pending = { paymentId: `another-${orderId}`, status: 'pending' };
    taken(orderId, pending); // which can not be called off
    await isDue(orderId);
    await untilJob(orderId, 'settle', 3);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed' });
    taken(orderId, { ...pending, status: 'succeeded' });
    await world.untilOrder(orderId, { status: 'paid' });
  });

  test('is given back when the order was cancelled meanwhile', async () => {
    const orderId = await awaiting();
    taken(orderId);
    await world.call('POST', `/orders/${orderId}/cancel`);
    await world.untilEvent(PaymentRefunded, orderId);
    expect(await world.get(orderId)).toMatchObject({
      status: 'cancelled',
      reason: 'customer_request',
      payment: 'refunded',
    });
    await until(async () => (await jobsOf(orderId)).length === 0, { what: 'no more jobs' });
  });

  test('is found out, too, when another payment was faster', async () => {
    const orderId = await awaiting();
    await world.webhook('payment.succeeded', orderId, { paymentId: `faster-${orderId}` });
    await world.untilOrder(orderId, { status: 'paid' });
    taken(orderId);
    await isDue(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.paymentId).toBe(`pay-${orderId}`);
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
  });
});

describe('a payment that was not asked for yet, since the provider is away,', () => {
  test('has no time that could be up', async () => {
    const orderId = await world.place();
    world.provider.answer(orderId, 503);
    await world.reserveStock(orderId);
    await untilJob(orderId, 'payment', 2);
    await world.makeOverdue(orderId); // by now the order has waited for an answer for as long as orders wait
    await untilJob(orderId, 'settle', 2);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed' });
    world.provider.answer(orderId, undefined);
    // Nobody knows what the provider has made of the calls that it did not answer.
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_timeout', payment: 'none' });
    expect(pathsOf(orderId).slice(-2)).toEqual(['GET /payments', 'POST /payments/cancel']);
  });
});

describe('a payment that does not come', () => {
  test('is called off, and cancels the order, in its trace', async () => {
    const orderId = await expired();
    expect(pathsOf(orderId)).toEqual(['POST /payments', 'GET /payments', 'POST /payments/cancel']);
    expect(callsAbout(orderId).at(-1)).toMatchObject({
      headers: { authorization: 'Bearer psp-key', 'idempotency-key': `payment-${orderId}` },
      body: { orderId, amount: { amount: 420, currency: 'EUR' } },
    });
    expect(await world.get(orderId)).toMatchObject({ payment: 'none' });
    expect(await jobsOf(orderId)).toEqual([]);
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
    expect(await jobsOf(orderId)).toEqual([]);
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
    const paymentId = `pay-${orderId}`;
    world.provider.answer(paymentId, 500);
    await world.webhook('payment.succeeded', orderId);
    await until(() => callsAbout(paymentId).length === 3, { what: 'three attempts' });
    world.provider.answer(paymentId, undefined);
    await world.untilEvent(PaymentRefunded, orderId);
    expect(callsAbout(paymentId)).toHaveLength(4);
  });

  test('is not asked for any more when the order has been cancelled meanwhile', async () => {
    const orderId = await world.place();
    world.provider.answer(orderId, 503);
    await world.reserveStock(orderId);
    await untilJob(orderId, 'payment', 1);
    await world.call('POST', `/orders/${orderId}/cancel`);
    expect((await jobsOf(orderId)).map(({ kind }) => kind)).toEqual(['settle']);
    const before = pathsOf(orderId).filter((path) => path === 'POST /payments').length;
    world.provider.answer(orderId, undefined);
    await until(async () => (await jobsOf(orderId)).length === 0, { what: 'the payment to be called off' });
    expect(pathsOf(orderId).slice(-2)).toEqual(['GET /payments', 'POST /payments/cancel']);
    expect(pathsOf(orderId).filter((path) => path === 'POST /payments')).toHaveLength(before);
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
    await world.bus.publish(TicketDropped, { orderId, cafeId: 'cafe-001', droppedAt: Date.now() });
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
