import { CancellationRequested, OrderCancelled, OrderDelivered, PaymentRefunded, uuidv7 } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorld, type World } from './testing/startWorld.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const staff = { authorization: 'Bearer staff-token' };
const list = async (query = '') =>
  (await world.call('GET', `/overdue-orders${query}`, undefined, staff)).body;
const act = (what: string) => (orderId: string) =>
  world.call('POST', `/overdue-orders/${orderId}/${what}`, undefined, staff);
const [cancel, refund] = [act('cancel'), act('refund')];
const told = async () => {
  const { body } = await world.call('GET', '/health/ready');
  const metrics = await (await fetch(new URL('/metrics', world.app.url))).text();
  const gauge = /^brew_overdue_orders(?:\{.*\})? (\d+)$/m.exec(metrics)?.[1];
  return { health: body.dependencies['overdue-orders'], gauge };
};

/** An order that was paid two hours ago. */
async function overdue(): Promise<string> {
  const orderId = await world.paid();
  await world.untilOrder(orderId, { status: 'paid' });
  await world.db.query(`update orders set under_way_since = now() - interval '2 hours' where order_id = $1`, [
    orderId,
  ]);
  return orderId;
}

test('an order that is paid and hangs is told, and given back by way of the kitchen, as often as it is asked', async () => {
  expect(await told()).toEqual({ health: { up: true }, gauge: '0' });
  const orderId = await overdue();
  expect(await told()).toEqual({
    health: {
      up: true,
      needsStaff: true,
      detail: expect.stringMatching(/^1 paid up to 72\d\d s ago .* npx brew overdue$/),
    },
    gauge: '1',
  });
  expect(await list()).toMatchObject({
    afterSeconds: 3_600,
    count: 1,
    orders: [{ orderId, status: 'paid', total: { amount: 420 }, paidForSeconds: expect.any(Number) }],
  });

  // The customer has asked before, and the kitchen never heard of it.
  await world.call('POST', `/orders/${orderId}/cancel`);
  expect(await cancel(orderId)).toMatchObject({
    status: 202,
    body: { cancellation: { outcome: 'pending' } },
  });
  await until(() => world.eventsOf(orderId, CancellationRequested).length === 2, { what: 'both requests' });
  expect(world.eventsOf(orderId, CancellationRequested)[1]).toMatchObject({
    data: { orderId, cafeId: 'cafe-001' },
  });

  await world.kitchenDrops(orderId);
  await world.untilEvent(OrderCancelled, orderId);
  await world.untilEvent(PaymentRefunded, orderId);
  expect(await list()).toMatchObject({ count: 0, orders: [] });
  expect(await told()).toEqual({ health: { up: true }, gauge: '0' });
});

test('what the kitchen has begun is told and not cancelled, but refunded, and stays so if it is brought', async () => {
  const orderId = await overdue();
  await world.handled(await world.kitchenStarts(orderId));
  expect((await list()).orders).toMatchObject([{ orderId, status: 'preparing' }]);
  expect(await cancel(orderId)).toMatchObject({
    status: 409,
    body: { code: 'TOO_LATE', detail: expect.stringMatching(/is preparing\. .* refund it\.$/) },
  });
  expect(world.eventsOf(orderId, CancellationRequested)).toEqual([]);

  expect(await refund(orderId)).toMatchObject({
    status: 202,
    body: { status: 'cancelled', reason: 'customer_request' },
  });
  await world.untilEvent(OrderCancelled, orderId);
  await world.untilEvent(PaymentRefunded, orderId);
  expect(await refund(orderId)).toMatchObject({
    status: 409,
    body: { code: 'NOT_OVERDUE', detail: 'The order has ended: it is cancelled.' },
  });
  const brought = { orderId, courierId: 'courier-007', deliveredAt: Date.now() };
  await world.handled(await world.bus.publish(OrderDelivered, brought));
  expect(await world.get(orderId)).toMatchObject({ status: 'cancelled' });
  for (const type of [OrderCancelled, PaymentRefunded]) expect(world.eventsOf(orderId, type)).toHaveLength(1);
  expect(await list()).toMatchObject({ count: 0 });
});

test('an order that the kitchen never answers about is refunded', async () => {
  const orderId = await overdue();
  expect((await cancel(orderId)).status).toBe(202);
  expect(await refund(orderId)).toMatchObject({
    status: 202,
    body: { cancellation: { outcome: 'granted' } },
  });
  await world.untilEvent(PaymentRefunded, orderId);
  await world.handled(await world.kitchenDrops(orderId));
  expect(world.eventsOf(orderId, OrderCancelled)).toHaveLength(1);
});

test('they are listed in pages, each going on where the one before ended', async () => {
  const orders = [await overdue(), await overdue(), await overdue()];
  // Two at the same moment, so that their ids tell which comes first.
  await world.db.query(
    `update orders set under_way_since = now() - interval '2 hours 0.123456 s' where order_id = any($1)`,
    [orders.slice(0, 2)],
  );
  const page = async (after?: string) => {
    const { orders, next } = await list(`?limit=1${after ? `&after=${after}` : ''}`);
    return { orders: orders.map(({ orderId }: { orderId: string }) => orderId), next };
  };
  const [first = '', second = ''] = orders.slice(0, 2).sort();
  const one = await page();
  expect(one.orders).toEqual([first]);
  // What has ended meanwhile is still where the next page begins.
  await refund(first);
  const two = await page(one.next);
  expect(two.orders).toEqual([second]);
  expect(await page(two.next)).toEqual({ orders: [orders[2]], next: null });
  expect(await list('?after=nowhere')).toMatchObject({ status: 400 });
  for (const orderId of orders.slice(1)) await refund(orderId);
});

test('nobody but staff sees them, or ends them, and only those', async () => {
  expect((await world.call('GET', '/overdue-orders')).status).toBe(401);
  const orderId = await world.paid();
  await world.untilOrder(orderId, { status: 'paid' });
  for (const [what, send] of [
    ['cancel', cancel],
    ['refund', refund],
  ] as const) {
    expect((await world.call('POST', `/overdue-orders/${orderId}/${what}`)).status).toBe(401);
    expect(await send(orderId)).toMatchObject({ status: 409, body: { code: 'NOT_OVERDUE' } });
    expect((await send(uuidv7())).status).toBe(404);
  }
});
