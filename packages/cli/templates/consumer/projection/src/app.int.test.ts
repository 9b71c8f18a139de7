import { randomUUID } from 'node:crypto';
import { OrderPlaced } from '@brew/events';
// <beginning>
import { createDatabase } from '@brew/postgres';
// </beginning>
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
  await untilSeen(second, meanwhile);
  await untilSeen(second, during);
  // <beginning>
  await untilSeen(second, before);
  // </beginning>
});

it('goes on as two instances side by side', async () => {
  await using first = await run();
  await using second = await run();
  const keys = await Promise.all(Array.from({ length: 20 }, publish));
  for (const key of keys) for (const instance of [first, second]) await untilSeen(instance, key);
});

// <beginning>

it('is rebuilt when its tables are emptied', async () => {
  await using app = await run();
  const before = await publish();
  await untilSeen(app, before);

  await using db = createDatabase({ url: database.url, applicationName: 'test', log: app.log });
  await db.query('truncate seen, projection_offsets');
  // What comes next tells it.
  await untilSeen(app, await publish());
  await untilSeen(app, before);
});

it('does not go on with a topic that was deleted and made anew before it is rebuilt', async () => {
  const before = await run();
  await using db = createDatabase({ url: database.url, applicationName: 'test', log: before.log });
  await before.stop();
  await db.query('update projection_offsets set topic_id = gen_random_uuid()');
  await using app = await run();
  const later = await publish();
  await until(async () => (await (await fetch(`${app.url}/health/ready`)).text()).includes('made anew'), {
    what: 'it to say so',
  });
  await db.query('truncate seen, projection_offsets');
  await untilSeen(app, later);
});
// </beginning>

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
