import { createDatabase, type Database, migrate } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import type { Worker } from '@brew/service';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createShopDouble } from '../testing/shopDouble.ts';
import { sendWebhooks } from './sendWebhooks.ts';
import { insertWebhooks } from './store/webhooks.ts';

const log = pino({ level: 'silent' });
let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase(infrastructure().postgresUrl);
  await migrate({
    url: testDatabase.url,
    directories: [new URL('./store/migrations/', import.meta.url)],
    log,
  });
  db = createDatabase({ url: testDatabase.url, applicationName: 'webhooks-test', log });
});
beforeEach(async () => {
  await db.query('truncate webhooks');
});
afterAll(async () => {
  await db?.stop();
  await testDatabase?.drop();
});

/** Sends so many webhooks, all of them due. */
async function send(count: number, url: string): Promise<Worker> {
  await insertWebhooks(
    db,
    Array.from({ length: count }, (_, index) => ({
      body: `{"id":"evt-${index}"}`,
      paymentId: 'pay_1',
      sentAfterMs: 0,
    })),
  );
  const options = { secret: 'secret', now: () => new Date(), onAttempt() {} };
  const sender = sendWebhooks({ db, url, log, ...options });
  await sender.start?.(new AbortController().signal, log);
  return sender;
}

it('tries a shop that is down ten times, and then rests', async () => {
  const times: number[] = [];
  await using shop = await createShopDouble(async () => {
    times.push(performance.now());
    return { status: 503 };
  });
  const sender = await send(300, shop.url);
  await until(() => times.length >= 250, { what: 'a hundred more than those it sends before it rests' });
  await sender.stop?.();
  // A hundred are under way when the fiftieth is refused; from then on it is ten times ten, 200 ms apart.
  expect((times[249] as number) - (times[149] as number)).toBeGreaterThan(1_500);
});

it('does not count as refused what its own end cuts off', async () => {
  const never = Promise.withResolvers<void>();
  await using shop = await createShopDouble(async () => {
    await never.promise;
    return { status: 200 };
  });
  const sender = await send(1, shop.url);
  await until(() => shop.received.length === 1, { what: 'the webhook to be under way' });
  await sender.stop?.();
  never.resolve();
  expect((await db.query('select attempts from webhooks')).rows).toEqual([{ attempts: 0 }]);
});
