import { randomUUID } from 'node:crypto';
import { OrderPlaced } from '@brew/events';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createEventBus, type EventBus, exampleOf } from '@brew/service/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
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

const all = [OrderPlaced.name].sort();

/** Publishes each event once, under a key of its own. */
async function publish(): Promise<string> {
  const key = randomUUID();
  await bus.publish(OrderPlaced, exampleOf(OrderPlaced, key));
  return key;
}

/** Waits until all events of a key are seen. */
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

it('takes in what comes, also what came while it was away', async () => {
  // <beginning>
  const before = await publish();
  // </beginning>
  await using first = await run();
  const during = await publish();
  await untilSeen(first, during);
  await first.stop();

  const meanwhile = await publish();
  await using second = await run();
  // <beginning>
  await untilSeen(second, before);
  // </beginning>
  await untilSeen(second, during);
  await untilSeen(second, meanwhile);
});

it('tells of how many keys it saw each event', async () => {
  await using app = await run();
  await untilSeen(app, await publish());
  expect(await (await fetch(`${app.url}/seen`)).json()).toEqual({
    seen: all.map((event) => ({ event, keys: expect.any(Number), lastAt: expect.any(String) })),
  });
});
