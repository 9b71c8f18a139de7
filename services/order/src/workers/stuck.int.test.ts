import { listStuckItems, retryStuckItems } from '@brew/postgres';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorld, type World } from '../testing/startWorld.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const stuck = (worker: string) => listStuckItems(world.db, { worker });
const untilStuck = (worker: string) =>
  until(async () => (await stuck(worker)).length > 0 && stuck(worker), {
    what: `${worker} to set something aside`,
  });

async function healthOf(part: string): Promise<{ up: boolean; detail?: string }> {
  const { body } = await world.call('GET', '/health/ready');
  return body.dependencies[part];
}

test('a call that the provider refuses is set aside, told, and made again when it is told to', async () => {
  const orderId = await world.place();
  world.provider.answer(orderId, 400);
  await world.reserveStock(orderId);
  expect(await untilStuck('call-provider')).toMatchObject([
    { item: `payment-${orderId}`, attempts: 5, error: expect.stringMatching(/answered 400.*"no"/) },
  ]);
  expect(world.provider.callsAbout(orderId)).toHaveLength(5);
  expect(await healthOf('call-provider')).toEqual({
    up: true,
    detail: '1 set aside',
    needsStaff: true,
  });
  const metrics = await (await fetch(new URL('/metrics', world.app.url))).text();
  expect(metrics).toMatch(/^brew_stuck_items(\{.*\})? 1$/m);

  await world.untilOrder(await world.paid(), { status: 'paid' }); // the others go on
  world.provider.answer(orderId, undefined);
  await retryStuckItems(world.db, 'call-provider', [`payment-${orderId}`]);
  await until(() => world.provider.callsAbout(orderId).length === 6, { what: 'the call to be made again' });
  await world.webhook('payment.succeeded', orderId);
  await world.untilOrder(orderId, { status: 'paid' });
  await until(async () => (await world.db.query('select from stuck_items')).rowCount === 0);
});

test('a call that is set aside is forgotten with its order', async () => {
  const orderId = await world.place();
  world.provider.answer(orderId, 422);
  await world.reserveStock(orderId);
  await untilStuck('call-provider');
  world.provider.answer(orderId, undefined);
  await world.call('POST', `/orders/${orderId}/cancel`);
  await world.untilOrder(orderId, { status: 'cancelled' });
  expect(await stuck('call-provider')).toEqual([]);
});

test.each([
  ['away', 503],
  ['away behind a gateway', 404],
])(
  'a provider that is %s is not the fault of a call: none is set aside, and health names it',
  async (_title, status) => {
    const orderId = await world.place();
    world.provider.answer(orderId, status);
    await world.reserveStock(orderId);
    const health = await until(async () => {
      const answer = await healthOf('call-provider');
      return !answer.up && answer;
    });
    expect(health.detail).toMatch(
      /^calls waiting for the provider: 1, for \d+ s: http.*\/payments answered /,
    );
    expect(health.detail).toContain(`answered ${status}`);
    expect(await stuck('call-provider')).toEqual([]);
    world.provider.answer(orderId, undefined);
    await until(async () => (await healthOf('call-provider')).up);
    await world.webhook('payment.succeeded', orderId);
    await world.untilOrder(orderId, { status: 'paid' });
  },
);

test('health tells of calls that fail while others succeed', async () => {
  const orderId = await world.place();
  world.provider.answer(orderId, 503);
  await world.reserveStock(orderId);
  const health = await until(async () => {
    await world.untilOrder(await world.paid(), { status: 'paid' }); // all the time
    const answer = await healthOf('call-provider');
    return !answer.up && answer;
  });
  expect(health.detail).toMatch(/^calls waiting for the provider: \d+, for \d+ s: .*answered 503/);
  world.provider.answer(orderId, undefined);
  await until(async () => (await healthOf('call-provider')).up);
});

test('an order that can not be given up does not keep others from it', async () => {
  await world.db.query(`create function refuse() returns trigger language plpgsql as $$
    begin
      if new.status = 'cancelled' and new.customer->>'name' = 'Poison' then raise 'poison'; end if;
      return new;
    end $$`);
  await world.db.query(
    'create trigger refuse before update on orders for each row execute function refuse()',
  );
  const [poison, other] = [await world.place(), await world.place()];
  await world.db.query(
    `update orders set customer = jsonb_set(customer, '{name}', '"Poison"') where order_id = $1`,
    [poison],
  );
  await world.db.query('update orders set payment_due_at = now() where order_id = any ($1)', [
    [poison, other],
  ]);

  await world.untilOrder(other, { status: 'cancelled', reason: 'payment_timeout' });
  expect(await untilStuck('expire-payments')).toMatchObject([
    { item: poison, attempts: 5, error: 'error: poison' },
  ]);
  await world.db.query('drop trigger refuse on orders');
  await retryStuckItems(world.db, 'expire-payments');
  await world.untilOrder(poison, { status: 'cancelled', reason: 'payment_timeout' });
});
