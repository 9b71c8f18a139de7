import { OrderDelivered, OrderPlaced, uuidv7 } from '@brew/events';
import { createDatabase, type Database } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { createEventBus, type EventBus, type SpawnedMain, spawnMain } from '@brew/service/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { reportSales } from '../projections/sales/reportSales.ts';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { ALL_TIME } from '../testing/rig.ts';

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
});
afterEach(async () => {
  // Also one that is stopped: nobody can wait for that.
  for (const { child, exited } of spawned.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});
afterAll(async () => {
  await bus?.stop();
  await db?.stop();
  await database?.drop();
});

async function start() {
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
  const url = await service.listening();
  return {
    signal: (name: NodeJS.Signals) => service.child.kill(name),
    async consumer() {
      const health = await fetch(`${url}/health/ready`);
      const { dependencies } = (await health.json()) as {
        dependencies: { consumer: { up: boolean; detail?: string } };
      };
      return dependencies.consumer;
    },
  };
}

async function sell(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const orderId = uuidv7();
    await bus.publish(OrderPlaced, placed(orderId, { cafeId }));
    await bus.publish(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: PLACED_AT + 60_000 });
  }
}
const sold = async () => {
  const own = (await reportSales(db, ALL_TIME)).filter((row) => row.cafeId === cafeId);
  return own.reduce((sum, { orders }) => sum + orders, 0);
};
const untilSold = (count: number, what: string) => until(async () => (await sold()) === count, { what });

const STANDS_BY = { up: true, detail: 'stands by: another instance reads' };

it('an instance that is frozen while it reads gives way within 15 s, and stands by when it thaws, having counted nothing twice', async () => {
  const frozen = await start();
  await sell(2);
  await untilSold(2, 'the first instance to read');
  const healthy = await start();
  await until(async () => (await healthy.consumer()).detail === STANDS_BY.detail, {
    what: 'the other to stand by',
  });

  frozen.signal('SIGSTOP');
  const since = performance.now();
  await sell(3);
  await untilSold(5, 'the other to read');
  // 12 s until PostgreSQL ends the session, 2 s until the other looks again, and what it has to load.
  expect(performance.now() - since).toBeLessThan(25_000);

  frozen.signal('SIGCONT');
  await until(async () => (await frozen.consumer()).detail === STANDS_BY.detail, {
    what: 'the thawed one to stand by',
  });
  expect(await frozen.consumer()).toEqual(STANDS_BY);
  await sell(1);
  await untilSold(6, 'what comes afterwards');
  expect(await healthy.consumer()).toEqual({ up: true });
}, 180_000);
