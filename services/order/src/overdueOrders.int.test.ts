import { CancellationRequested, OrderCancelled, PaymentRefunded, uuidv7 } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorld, type World } from './testing/startWorld.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const staff = { authorization: 'Bearer staff-token' };
const list = async () => (await world.call('GET', '/overdue-orders', undefined, staff)).body;
const cancel = (orderId: string) => world.call('POST', `/overdue-orders/${orderId}/cancel`, undefined, staff);
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
    health: { up: true, detail: expect.stringMatching(/^1 paid up to 72\d\d s ago .* npx brew overdue$/) },
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

test('what the kitchen has begun is told, and goes on', async () => {
  const orderId = await overdue();
  await world.handled(await world.kitchenStarts(orderId));
  expect((await list()).orders).toMatchObject([{ orderId, status: 'preparing' }]);
  expect(await cancel(orderId)).toMatchObject({ status: 409, body: { code: 'TOO_LATE' } });
  expect(world.eventsOf(orderId, CancellationRequested)).toEqual([]);
});

test('nobody but staff sees them, or ends them, and only those', async () => {
  expect((await world.call('GET', '/overdue-orders')).status).toBe(401);
  const orderId = await world.paid();
  await world.untilOrder(orderId, { status: 'paid' });
  expect((await world.call('POST', `/overdue-orders/${orderId}/cancel`)).status).toBe(401);
  expect(await cancel(orderId)).toMatchObject({ status: 409, body: { code: 'NOT_OVERDUE' } });
  expect((await cancel(uuidv7())).status).toBe(404);
});
