import { OrderDelivered, OrderPlaced } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { projections } from '../projections/index.ts';
import { sales } from '../projections/sales/sales.ts';
import { listGenerations } from '../store/generations.ts';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';

const rig = useRig();
let orders = 0;

const changed = { ...sales, version: sales.version + 1 };
/** What another release of the service would know. */
const next = projections.map((projection) => (projection === sales ? changed : projection));

async function sell(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    orders += 1;
    const orderId = `projected-${orders}`;
    await rig.send(
      rig.record(OrderPlaced, placed(orderId)),
      rig.record(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: PLACED_AT + 60_000 }),
    );
  }
}

const sold = async () => (await rig.reports()).sales.reduce((sum, { orders }) => sum + orders, 0);
const untilSold = (count: number, what: string) => until(async () => (await sold()) === count, { what });

it('an instance of an older version gives way to one that can read what is live', async () => {
  const old = await rig.follow();
  await sell(3);
  await untilSold(3, 'the old instance to read');
  const younger = await rig.follow(next);
  expect(await younger.health?.()).toEqual({ up: true, detail: 'stands by: another instance reads' });

  await rig.mend(next);
  const liveVersion = async () =>
    (await listGenerations(rig.db)).find(
      ({ projection, state }) => projection === 'sales' && state === 'live',
    )?.version;
  await until(async () => (await liveVersion()) === changed.version, { what: 'the new version to be live' });
  await sell(2);
  await untilSold(5, 'the younger instance to read');
  await until(async () => (await old.health?.())?.detail === 'stands by: another instance reads');
  expect(await younger.health?.()).toEqual({ up: true });
});

it('an instance that is alone reads what it can, and tells what stands still', async () => {
  const first = await rig.follow();
  await sell(1);
  await untilSold(1, 'the first instance to read');
  await first.stop();
  const alone = await rig.follow(next);
  await sell(1);
  const funnel = async () => (await rig.reports()).funnel.delivered;
  await until(async () => (await funnel()) === 2, { what: 'the other tables to be read into' });
  const health = await until(
    async () => {
      const now = await alone.health?.();
      return now?.up === false && now;
    },
    { what: 'it to be told' },
  );
  expect(health.detail).toMatch(
    /^sales_g\d+ has \d+ records to read, and none was read for \d+ s: another version has made sales_g\d+/,
  );
  expect(await sold()).toBe(1);
});

it('an instance is well again after an outage, also when there is nothing to read', async () => {
  const projector = await rig.follow();
  await until(async () => (await projector.health?.())?.detail === undefined, { what: 'it to read' });
  const before = await rig.leader();
  await rig.db.query('select pg_terminate_backend($1)', [before]);
  await until(async () => ![undefined, before].includes(await rig.leader()), { what: 'it to begin again' });
  await until(async () => (await projector.health?.())?.detail === undefined, { what: 'it to be well' });
  expect(await projector.health?.()).toEqual({ up: true });
});
