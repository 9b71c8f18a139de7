import { OrderDelivered, OrderPlaced, uuidv7 } from '@brew/events';
import { createDatabase, type Database } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { createEventBus, type EventBus, type SpawnedMain, spawnMain } from '@brew/service/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { reportSales } from '../projections/sales/reportSales.ts';
import { listGenerations } from '../store/generations.ts';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { ALL_TIME } from '../testing/rig.ts';

const ORDERS = 20;
const cafeId = uniqueName('cafe');

let database: TestDatabase;
let db: Database;
let bus: EventBus;
const spawned: SpawnedMain[] = [];

beforeAll(async () => {
  const where = infrastructure();
  database = await createTestDatabase(where.postgresUrl);
  db = createDatabase({ url: database.url, applicationName: 'test', log: pino({ level: 'silent' }) });
  bus = await createEventBus({ infrastructure: where, service: 'analytics' });
  for (let n = 0; n < ORDERS; n++) {
    const orderId = uuidv7();
    await bus.publish(OrderPlaced, placed(orderId, { cafeId }));
    await bus.publish(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: PLACED_AT + 60_000 });
  }
  // Who sends it to the dead letters remembers that: a place at which a replay can be held up while it stores what it has read.
  await bus.publishRaw(OrderPlaced.topic, uniqueName('poison'), Buffer.from('poison'));
});
afterEach(() => {
  for (const { child } of spawned.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await bus?.stop();
  await db?.stop();
  await database?.drop();
});

async function start(): Promise<{ service: SpawnedMain; url: string }> {
  const { brokers, registryUrl } = infrastructure();
  const service = spawnMain(new URL('../main.ts', import.meta.url), {
    PORT: '0',
    DATABASE_URL: database.url,
    KAFKA_BROKERS: brokers.join(),
    SCHEMA_REGISTRY_URL: registryUrl,
    STAFF_TOKEN: 'staff-token',
    LOG_LEVEL: 'info',
  });
  spawned.push(service);
  return { service, url: await service.listening() };
}

const ask = (url: string, body: object = {}, [method, path] = ['POST', '/replays']) =>
  fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: 'Bearer staff-token' },
    body: JSON.stringify(body),
  });

/** As the reports show it, whoever is killed. */
const sold = async () => {
  const own = (await reportSales(db, ALL_TIME)).filter((row) => row.cafeId === cafeId);
  return own.reduce((sum, { orders }) => sum + orders, 0);
};
const untilSold = () => until(async () => (await sold()) === ORDERS, { what: 'all orders to be sold' });
const untilCaughtUp = async () => {
  await untilSold();
  await until(async () => (await db.query('select from dead_letters')).rowCount, { what: 'the dead letter' });
};
const states = async () =>
  (await listGenerations(db))
    .filter(({ projection }) => projection === 'sales')
    .map(({ schema, state }) => `${schema} ${state}`);

/** Has a replay wait for a lock, and kills its process there. */
async function killWhere(lock: string, body: object = {}): Promise<void> {
  const { service, url } = await start();
  await untilCaughtUp();
  const holder = await db.connect();
  await holder.query(`begin; ${lock}`);
  const answer = ask(url, body)
    .then((response) => response.text())
    .catch(() => 'hung up');
  await until(
    async () => {
      const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      return (await db.query(waiting)).rowCount;
    },
    { what: 'the replay to wait' },
  );
  service.child.kill('SIGKILL');
  await service.exited;
  await holder.end();
  expect(await answer).not.toContain('event: done');
  // What waited in PostgreSQL for the process that is gone finds that out, and takes its transaction back.
  await until(async () => {
    const left = `select from pg_stat_activity where datname = current_database() and application_name = 'analytics'`;
    return (await db.query(left)).rowCount === 0;
  });
}

describe('a replay whose process is killed', () => {
  it.each([
    ['before it has tables', 'lock table generations in share mode', []],
    ['while it stores what it has read', 'lock table dead_letters', ['sales_g2 building']],
    ['before it compares', 'select pg_advisory_xact_lock_shared(7241872)', ['sales_g2 building']],
    ['while it switches', 'select from sales.by_hour', ['sales_g2 building']],
  ])('%s has changed nothing that is read', async (_when, lock, left) => {
    await killWhere(lock);
    expect(await sold()).toBe(ORDERS);
    expect(await states()).toEqual(['sales_g1 live', ...left]);
  });

  it('can be begun again, or gone on with', async () => {
    await killWhere('lock table dead_letters');
    const { url } = await start();
    for (const how of ['resume', 'beside']) {
      expect(await (await ask(url, { how })).text()).toContain('"outcome":"switched"');
      expect(await sold()).toBe(ORDERS);
    }
    await expectPruned(url);
  });

  /** The tables before are removed when nobody reads them any more, and not waited for. */
  async function expectPruned(url: string): Promise<void> {
    const prune = () => ask(url, {}, ['DELETE', '/generations']);
    const old = (await states()).find((state) => state.endsWith('old'))?.split(' ')[0];
    const reader = await db.connect();
    await reader.query(`begin; table ${old}.by_hour`);
    const refused = await prune();
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: 'TABLES_IN_USE', detail: expect.stringContaining(`${old} is still read by test (pid`) },
    ]);
    await reader.end();
    expect((await prune()).status).toBe(200);
    expect(await states()).toEqual([expect.stringMatching(/live$/)]);
  }

  it('has changed nothing that is read when it was made in place, which has to be agreed to', async () => {
    const inPlace = { how: 'in place' };
    await killWhere('lock table dead_letters', { ...inPlace, acceptLoss: true });
    expect(await sold()).toBe(ORDERS);
    const { url } = await start();
    const refused = await ask(url, inPlace);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: 'REPLAY_LOSES', detail: expect.stringMatching(/sales_g\d+ will be removed/) },
    ]);
    expect(await (await ask(url, { ...inPlace, acceptLoss: true })).text()).toContain('"outcome":"replaced"');
    expect(await sold()).toBe(ORDERS);
  });
});
