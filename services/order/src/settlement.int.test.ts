import {
  OrderCancelled,
  OrderPlaced,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
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
const pathsOf = (orderId: string) => callsAbout(orderId).map(({ method, path }) => `${method} ${path}`);
const traceOf = (event: { traceparent?: string | undefined }) => event.traceparent?.split('-')[1];

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
  const orderId = await world.awaiting();
  await world.makeOverdue(orderId);
  await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_timeout' });
  return orderId;
}

describe('a payment of which no webhook tells', () => {
  const isDue = (orderId: string) => world.makeOverdue(orderId);

  test('is found out when its time is up, and the order goes ahead', async () => {
    const orderId = await world.awaiting();
    taken(orderId);
    await isDue(orderId);
    await world.untilOrder(orderId, { status: 'paid', payment: 'received' });
    expect(pathsOf(orderId)).toEqual(['POST /payments', 'GET /payments']);
    expect(callsAbout(orderId).at(-1)?.headers).toMatchObject({ authorization: 'Bearer psp-key' });
    const event = await world.untilEvent(PaymentReceived, orderId);
    expect(event.causationId).toBe(world.eventsOf(orderId, StockReserved)[0]?.id);
    await world.untilJob(orderId, 'recheck');
    await world.webhook('payment.succeeded', orderId); // it was not lost, but late
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
  });

  test('is found out, too, when it was we who were away', async () => {
    const orderId = await world.awaiting();
    await world.app.stop();
    taken(orderId);
    await isDue(orderId);
    await world.restart();
    await world.untilOrder(orderId, { status: 'paid' });
  });

  test('and has failed cancels the order, with the reason', async () => {
    const orderId = await world.awaiting();
    taken(orderId, { status: 'failed', reason: 'card_expired' });
    await isDue(orderId);
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_failed' });
    expect((await world.untilEvent(PaymentFailed, orderId)).data.reason).toBe('card_expired');
  });

  test('leaves the order waiting for as long as the provider can not be asked', async () => {
    const orderId = await world.awaiting();
    world.provider.answer(orderId, 503);
    await isDue(orderId);
    await world.untilJob(orderId, 'settle', 3);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'requested' });
    taken(orderId);
    world.provider.answer(orderId, undefined);
    await world.untilOrder(orderId, { status: 'paid' });
  });

  test('leaves the order waiting for as long as it may still succeed', async () => {
    const orderId = await world.awaiting();
    const pending = { paymentId: `another-${orderId}`, status: 'pending' };
    taken(orderId, pending); // which can not be called off
    await isDue(orderId);
    await world.untilJob(orderId, 'settle', 3);
    expect(await world.get(orderId)).toMatchObject({ status: 'placed' });
    taken(orderId, { ...pending, status: 'succeeded' });
    await world.untilOrder(orderId, { status: 'paid' });
  });

  test('in a currency that is none here is given back, and keeps no order waiting', async () => {
    const orderId = await world.awaiting();
    const amount = { amount: 800, currency: 'XBT' };
    taken(orderId, { paymentId: `odd-${orderId}`, amount });
    await isDue(orderId);
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_timeout' });
    expect((await world.untilEvent(PaymentRefunded, orderId)).data).toMatchObject({
      paymentId: `odd-${orderId}`,
      amount,
    });
  });

  test('is given back when the order was cancelled meanwhile', async () => {
    const orderId = await world.awaiting();
    taken(orderId);
    await world.call('POST', `/orders/${orderId}/cancel`);
    await world.untilEvent(PaymentRefunded, orderId);
    expect(await world.get(orderId)).toMatchObject({
      status: 'cancelled',
      reason: 'customer_request',
      payment: 'refunded',
    });
    await world.untilJob(orderId, 'recheck');
  });

  test('is found out, too, when another payment was faster', async () => {
    const orderId = await world.awaiting();
    await world.webhook('payment.succeeded', orderId, { paymentId: `faster-${orderId}` });
    await world.untilOrder(orderId, { status: 'paid' });
    taken(orderId);
    await isDue(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.paymentId).toBe(`pay-${orderId}`);
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
  });
});

describe('a second payment of which no webhook tells', () => {
  const second = (orderId: string, more: object = {}) =>
    taken(orderId, { paymentId: `second-${orderId}`, ...more });
  const noMoreJobs = (orderId: string) =>
    until(async () => (await world.jobsOf(orderId)).length === 0, { what: 'no more jobs' });

  test('is found a quarter of an hour later and given back, and the first one stays', async () => {
    const orderId = await world.awaiting();
    taken(orderId);
    await world.webhook('payment.succeeded', orderId);
    const { seconds } = await world.untilJob(orderId, 'recheck');
    expect(seconds).toBeGreaterThan(800);
    expect(seconds).toBeLessThanOrEqual(900);
    second(orderId, { amount: { amount: 99, currency: 'USD' } });
    await world.makeRecheckDue(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data).toMatchObject({
      paymentId: `second-${orderId}`,
      amount: { amount: 99, currency: 'USD' },
    });
    expect(await world.get(orderId)).toMatchObject({ status: 'paid', payment: 'received' });
    await noMoreJobs(orderId);
    expect(callsAbout(`pay-${orderId}`)).toEqual([]);
  });

  test('is waited for as long as it may succeed, or the provider can not be asked', async () => {
    const orderId = await world.awaiting();
    taken(orderId);
    await world.webhook('payment.succeeded', orderId);
    second(orderId, { status: 'pending' });
    world.provider.answer(orderId, 503);
    await world.makeRecheckDue(orderId);
    const failed = await world.untilJob(orderId, 'recheck', 2);
    world.provider.answer(orderId, undefined);
    await world.untilJob(orderId, 'recheck', failed.attempts + 2);
    second(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.paymentId).toBe(`second-${orderId}`);
    await noMoreJobs(orderId);
  });

  test('is given back, too, when the first one has failed', async () => {
    const orderId = await world.awaiting();
    taken(orderId, { status: 'failed' });
    await world.webhook('payment.failed', orderId);
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_failed' });
    second(orderId);
    await world.makeRecheckDue(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.paymentId).toBe(`second-${orderId}`);
  });

  test('is given back, too, when the order was cancelled before it asked for any', async () => {
    const orderId = await world.place();
    await world.call('POST', `/orders/${orderId}/cancel`);
    taken(orderId);
    await world.makeRecheckDue(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.paymentId).toBe(`pay-${orderId}`);
  });

  test('is given back, too, when it is the first one, which had failed', async () => {
    const orderId = await world.awaiting();
    await world.webhook('payment.failed', orderId);
    await world.untilOrder(orderId, { status: 'cancelled', reason: 'payment_failed' });
    taken(orderId);
    await world.makeRecheckDue(orderId);
    expect((await world.untilEvent(PaymentRefunded, orderId)).data.paymentId).toBe(`pay-${orderId}`);
  });
});

describe('a payment that was not asked for yet, since the provider is away,', () => {
  test('has no time that could be up', async () => {
    const orderId = await world.place();
    world.provider.answer(orderId, 503);
    await world.reserveStock(orderId);
    await world.untilJob(orderId, 'payment', 2);
    await world.makeOverdue(orderId); // by now the order has waited for an answer for as long as orders wait
    await world.untilJob(orderId, 'settle', 2);
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
    expect(await world.jobsOf(orderId)).toMatchObject([{ kind: 'recheck', attempts: 0 }]);
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
    expect(await world.jobsOf(orderId)).toMatchObject([{ kind: 'recheck' }]);
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
    await world.untilJob(orderId, 'payment', 1);
    await world.call('POST', `/orders/${orderId}/cancel`);
    expect((await world.jobsOf(orderId)).map(({ kind }) => kind)).toEqual(['settle']);
    const before = pathsOf(orderId).filter((path) => path === 'POST /payments').length;
    world.provider.answer(orderId, undefined);
    await world.untilJob(orderId, 'recheck'); // the payment was called off
    expect(pathsOf(orderId).slice(-2)).toEqual(['GET /payments', 'POST /payments/cancel']);
    expect(pathsOf(orderId).filter((path) => path === 'POST /payments')).toHaveLength(before);
  });
});
