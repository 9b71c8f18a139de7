import { randomUUID } from 'node:crypto';
import { OrderPlaced } from '@brew/events';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createEventBus, type EventBus, exampleOf } from '@brew/service/testing';
import { afterAll, beforeAll, it } from '@jest/globals';
import { createApp } from './app.ts';
import { readLoyaltyConfig } from './config.ts';

let database: TestDatabase;
let bus: EventBus;

beforeAll(async () => {
  const where = infrastructure();
  database = await createTestDatabase(where.postgresUrl);
  bus = await createEventBus({ infrastructure: where, service: 'loyalty' });
});
afterAll(async () => {
  await bus?.stop();
  await database?.drop();
});

async function run(): Promise<Service> {
  const { brokers, registryUrl } = infrastructure();
  const app = createApp(
    readLoyaltyConfig({
      PORT: '0',
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      STAFF_TOKEN: 'staff-token',
      LOG_LEVEL: 'silent',
    }),
  );
  await app.start();
  return app;
}

const all = [OrderPlaced.name];

/** Publishes each event once, under a key of its own. */
async function publish(): Promise<string> {
  const key = randomUUID();
  await bus.publish(OrderPlaced, exampleOf(OrderPlaced, key));
  return key;
}

/** Waits until an instance has seen all events of a key. */
async function untilSeen(app: Service, key: string): Promise<void> {
  await until(
    async () => {
      const { seen } = (await (await fetch(`${app.url}/seen?key=${key}`)).json()) as {
        seen: { event: string }[];
      };
      return seen.length === all.length && seen;
    },
    { what: `all events of ${key}` },
  );
}

it('sees everything in each of its instances', async () => {
  // <beginning>
  const before = await publish();
  // </beginning>
  await using first = await run();
  await using second = await run();
  const during = await publish();
  for (const instance of [first, second]) {
    // <beginning>
    await untilSeen(instance, before);
    // </beginning>
    await untilSeen(instance, during);
  }
});

// <compacted>

it('forgets what a tombstone takes away', async () => {
  const compacted = [OrderPlaced]
    .map(({ topic }) => topic)
    .find(({ config }) => config['cleanup.policy'] === 'compact');
  if (compacted === undefined) throw new Error('none is compacted');
  await using app = await run();
  const key = await publish();
  await untilSeen(app, key);
  await bus.publishTombstone(compacted, key);
  await until(
    async () => {
      const { seen } = (await (await fetch(`${app.url}/seen?key=${key}`)).json()) as { seen: unknown[] };
      return seen.length === 0;
    },
    { what: `nothing of ${key}` },
  );
});
// </compacted>
