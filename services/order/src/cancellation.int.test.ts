import {
  CancellationRequested,
  CourierAssigned,
  OrderCancelled,
  OrderDelivered,
  OrderReady,
  PaymentRefunded,
  uuidv7,
} from '@brew/events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from './testing/startWorld.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const at = Date.UTC(2026, 0, 1, 12);
const cafeId = 'cafe-001';
const cancel = (orderId: string) => world.call('POST', `/orders/${orderId}/cancel`);

const kitchenStarts = (orderId: string) => world.kitchenStarts(orderId, at);
const isReady = (orderId: string) =>
  world.bus.publish(OrderReady, { orderId, cafeId, customer: world.order.customer, readyAt: at + 1_000 });
const courierLeaves = (orderId: string) =>
  world.bus.publish(CourierAssigned, {
    orderId,
    courierId: 'courier-001',
    courierName: 'Grace',
    assignedAt: at + 2_000,
    expectedDeliveryAt: at + 9_000,
  });
const isDelivered = (orderId: string) =>
  world.bus.publish(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: at + 3_000 });

/** The messages of a stream, from its beginning to its end. */
async function* follow(orderId: string) {
  const response = await fetch(new URL(`/orders/${orderId}/events`, world.app.url));
  expect(response.headers.get('content-type')).toMatch('text/event-stream');
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const messages = (rest + chunk).split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const data = /^event: order\ndata: (.*)$/m.exec(message)?.[1];
      if (data) yield JSON.parse(data);
    }
  }
}

describe('an order that is paid', () => {
  test('goes on to its delivery, with the time of each step, while its customer watches', async () => {
    const orderId = await world.paid();
    const stream = follow(orderId);
    expect((await stream.next()).value).toMatchObject({ orderId, status: 'paid' });
    for (const [happens, status] of [
      [kitchenStarts, 'preparing'],
      [isReady, 'ready'],
      [courierLeaves, 'on_the_way'],
      [isDelivered, 'delivered'],
    ] as const) {
      await happens(orderId);
      expect((await stream.next()).value).toMatchObject({ status });
    }
    expect((await stream.next()).done).toBe(true);

    const { times, payment } = await world.get(orderId);
    expect(payment).toBe('received');
    expect(times).toEqual({
      placed: expect.any(String),
      paid: expect.any(String),
      preparing: '2026-01-01T12:00:00.000Z',
      ready: '2026-01-01T12:00:01.000Z',
      on_the_way: '2026-01-01T12:00:02.000Z',
      delivered: '2026-01-01T12:00:03.000Z',
    });
  });

  test('does not go back when its steps are told in another order', async () => {
    const orderId = await world.paid();
    for (const [happens, status] of [
      [isDelivered, 'delivered'],
      [courierLeaves, 'delivered'],
      [isReady, 'delivered'],
      [kitchenStarts, 'delivered'],
    ] as const) {
      await world.handled(await happens(orderId));
      expect(await world.get(orderId)).toMatchObject({ status });
    }
    expect(Object.keys((await world.get(orderId)).times)).toHaveLength(6);
  });

  test('that has ended is told once to whoever follows it', async () => {
    const orderId = await world.place();
    await cancel(orderId);
    const seen = [];
    for await (const { status } of follow(orderId)) seen.push(status);
    expect(seen).toEqual(['cancelled']);
  });
});

describe('cancelling', () => {
  test('before the payment ends the order at once, and once', async () => {
    const orderId = await world.place();
    expect(await cancel(orderId)).toMatchObject({
      status: 202,
      body: { orderId, status: 'cancelled', reason: 'customer_request' },
    });
    const again = await cancel(orderId);
    expect(again).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    expect(again.body.times.cancelled).toBe((await world.get(orderId)).times.cancelled);
    const event = await world.untilEvent(OrderCancelled, orderId);
    expect(event.data.reason).toBe('customer_request');
    expect(
      (await world.db.query('select from orders where order_id = $1 and version = 2', [orderId])).rowCount,
    ).toBe(1);
  });

  test('after the payment asks the kitchen, which drops the ticket: the money goes back', async () => {
    const orderId = await world.paid();
    expect(await cancel(orderId)).toMatchObject({
      status: 202,
      body: { status: 'paid', cancellation: { outcome: 'pending' } },
    });
    expect((await cancel(orderId)).status).toBe(202);
    await world.untilEvent(CancellationRequested, orderId);
    expect(world.eventsOf(orderId, OrderCancelled)).toEqual([]);

    const dropped = await world.kitchenDrops(orderId);
    const cancelled = await world.untilEvent(OrderCancelled, orderId);
    expect(cancelled).toMatchObject({ causationId: dropped, data: { reason: 'customer_request' } });
    const refunded = await world.untilEvent(PaymentRefunded, orderId);
    expect(refunded).toMatchObject({ causationId: cancelled.id, data: { refundId: `re-pay-${orderId}` } });
    expect(await world.get(orderId)).toMatchObject({
      status: 'cancelled',
      reason: 'customer_request',
      payment: 'refunded',
      cancellation: { outcome: 'granted' },
    });
    expect(world.eventsOf(orderId, CancellationRequested)).toHaveLength(1);
    expect(world.provider.callsAbout(`pay-${orderId}`)).toHaveLength(1);
  });

  test('that comes too late for the kitchen is told so, and the order goes on', async () => {
    const orderId = await world.paid();
    await cancel(orderId);
    await world.handled(await kitchenStarts(orderId));
    expect(await world.get(orderId)).toMatchObject({
      status: 'preparing',
      cancellation: { outcome: 'too_late' },
    });
    expect(await cancel(orderId)).toMatchObject({ status: 409, body: { status: 409, code: 'TOO_LATE' } });
    for (const happens of [isReady, courierLeaves, isDelivered]) await happens(orderId);
    expect(await world.untilOrder(orderId, { status: 'delivered' })).toMatchObject({ payment: 'received' });
  });

  test('what is being prepared or delivered is refused', async () => {
    const orderId = await world.paid();
    await world.handled(await kitchenStarts(orderId));
    expect((await cancel(orderId)).status).toBe(409);
    await world.handled(await isDelivered(orderId));
    expect((await cancel(orderId)).status).toBe(409);
    expect((await world.get(orderId)).cancellation).toBeUndefined();
  });

  test('by many at once has one effect', async () => {
    const orderId = await world.place();
    const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(orderId)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(await world.db.query('select version from orders where order_id = $1', [orderId])).toMatchObject({
      rows: [{ version: 2 }],
    });
  });

  test.each(['GET /orders/:id', 'GET /orders/:id/events', 'POST /orders/:id/cancel'])(
    'and %s say so when there is no such order',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      const unknown = await world.call(method, path.replace(':id', uuidv7()));
      expect(unknown).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
      expect((await world.call(method, path.replace(':id', 'mine'))).status).toBe(400);
    },
  );
});

test('a customer can be forgotten as soon as the order has ended, although the provider is still to be asked once more', async () => {
  const customer = { name: 'Ada', address: `Bean Lane ${uuidv7()}` };
  const { body } = await world.call('POST', '/orders', { ...world.order, customer });
  const erase = async () =>
    (await world.call('POST', '/erasures', customer, { authorization: 'Bearer staff-token' })).body;
  expect(await erase()).toEqual({ erased: 0, underWay: 1 });
  await world.call('POST', `/orders/${body.orderId}/cancel`);
  await world.untilOrder(body.orderId, { status: 'cancelled' });
  expect(await world.jobsOf(body.orderId)).toMatchObject([{ kind: 'recheck' }]);
  expect(await erase()).toEqual({ erased: 1, underWay: 0 });
});
