import { uuidv7 } from '@brew/events';
import { createDatabase, type Database, messagingMigrations, migrate, noteFailure } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Command } from '../domain/decide.ts';
import type { Order } from '../domain/order.ts';
import { assigned, delivered, placedOrder, ready, received, run, started } from '../testing/orders.ts';
import { claimIdempotencyKeys, findIdempotencyKeys, forgetIdempotencyKeys } from './idempotencyKeys.ts';
import { findOrders, insertOrders, lockOrders, lockUnanswered, saveOrders } from './orders.ts';
import {
  addPaymentJobs,
  awaitPayments,
  CALL_PROVIDER,
  countWaitingJobs,
  finishPaymentJobs,
  type PaymentJob,
  postponePaymentJob,
  retryPaymentJob,
  settlePaymentJobs,
  type TakenJob,
  takePaymentJobs,
} from './paymentJobs.ts';

const log = pino({ level: 'silent' });
let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase(infrastructure().postgresUrl);
  const directories = [messagingMigrations, new URL('./migrations/', import.meta.url)];
  await migrate({ url: testDatabase.url, directories, log });
  db = createDatabase({ url: testDatabase.url, applicationName: 'order-store-test', log });
});

afterAll(async () => {
  await db?.stop();
  await testDatabase?.drop();
});

const cause = { causationId: uuidv7(), traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };

async function insert(changes: Partial<Order> = {}, timeoutSeconds = 60): Promise<Order> {
  const order = { ...placedOrder, orderId: uuidv7(), times: { placed: Date.now() }, ...changes };
  await insertOrders(db, [{ order, cause }], timeoutSeconds);
  return order;
}

const save = (order: Order) => saveOrders(db, [{ order, cause, version: 2 }]);

describe('an order in the database', () => {
  const confirmed: Command = { type: 'confirmStock', at: 1_500 };
  const cancelled: Command = { type: 'cancel', at: 2_500 };
  const dropped: Command = { type: 'dropTicket', at: 2_700 };
  const refunded: Command = {
    type: 'recordRefund',
    paymentId: 'pay-1',
    refundId: 're-1',
    amount: placedOrder.total,
    at: 9_000,
  };
  test.each([
    ['placed', []],
    ['waiting for its payment', [confirmed]],
    ['cancelled', [confirmed, cancelled]],
    ['paid', [confirmed, received]],
    ['delivered', [confirmed, received, started, ready, assigned, delivered]],
    ['that the kitchen is asked to cancel', [confirmed, received, cancelled]],
    ['that is being refunded', [confirmed, received, cancelled, dropped]],
    ['refunded', [confirmed, received, cancelled, dropped, refunded]],
    ['paid twice', [confirmed, received, { ...received, paymentId: 'pay-2' }]],
  ] as [string, Command[]][])('comes back as it was written: %s', async (_title, commands) => {
    const { orderId } = await insert({ times: placedOrder.times });
    const order = { ...run(...commands).order, orderId };
    await save(order);
    expect(await findOrders(db, [orderId, uuidv7()])).toEqual([{ order, cause, version: 2 }]);
  });

  test('is not found when it does not exist', async () => {
    expect(await lockOrders(db, [uuidv7()])).toEqual(new Map());
  });

  test('is written and locked together with others', async () => {
    const orders = [await insert(), await insert(), await insert()];
    const [paid, cancelledOne] = [
      { ...run(confirmed, received).order, orderId: orders[0]?.orderId as string },
      { ...run(confirmed, cancelled).order, orderId: orders[1]?.orderId as string },
    ];
    await saveOrders(db, [
      { order: paid, cause, version: 2 },
      { order: cancelledOne, cause, version: 7 },
    ]);
    const locked = await lockOrders(
      db,
      orders.map(({ orderId }) => orderId),
    );
    expect(orders.map(({ orderId }) => locked.get(orderId)?.order.status)).toEqual([
      'paid',
      'cancelled',
      'placed',
    ]);
    expect(orders.map(({ orderId }) => locked.get(orderId)?.version)).toEqual([2, 7, 1]);
  });

  test('can not be cancelled with the money kept', async () => {
    const { orderId } = await insert();
    const paid = { ...run(confirmed, received).order, orderId };
    await expect(save({ ...paid, status: 'cancelled', cancelReason: 'customer_request' })).rejects.toThrow(
      /check constraint/,
    );
  });

  test('can not be delivered without the money', async () => {
    const { orderId } = await insert();
    await expect(save({ ...placedOrder, orderId, status: 'delivered' })).rejects.toThrow(/check constraint/);
  });
});

test('orders that two transactions lock crosswise never have them wait in a circle', async () => {
  const orders = Array.from({ length: 1_000 }, () => ({
    order: { ...placedOrder, orderId: uuidv7(), times: { placed: Date.now() } },
    cause,
  }));
  await insertOrders(db, orders.toReversed(), 60);
  const orderIds = orders.map(({ order }) => order.orderId);
  // Read by the index they come by their ids, and read in their table in the order they were inserted.
  const lockAll = (way: 'seqscan' | 'indexscan') =>
    db.transaction(async (tx) => {
      await tx.query(`set local enable_bitmapscan to off; set local enable_${way} to off`);
      return (await lockOrders(tx, orderIds)).size;
    });
  for (let round = 0; round < 20; round++) {
    expect(await Promise.all([lockAll('seqscan'), lockAll('indexscan')])).toEqual([1_000, 1_000]);
  }
});

function jobOf({ orderId, total: amount }: Order, kind: PaymentJob['kind']): PaymentJob {
  const common = { orderId, amount, cause };
  return kind === 'refund'
    ? { ...common, kind, key: `refund-${orderId}`, paymentId: 'pay-1' }
    : { ...common, kind, key: `payment-${orderId}` };
}

describe('orders that got no answer', () => {
  test('are found when their time is up, unless somebody works on them', async () => {
    const overdue = await insert({}, 0);
    const busy = await insert({}, 0);
    const young = await insert({}, 60);
    const settled = await insert({}, 0);
    await save({ ...run({ type: 'cancel', at: 1 }).order, orderId: settled.orderId });
    const asked = await insert({}, 0); // and the provider has taken the request: that has a time of its own
    await addPaymentJobs(db, [jobOf(asked, 'settle')]);

    const found = await db.transaction(async (other) => {
      await lockOrders(other, [busy.orderId]);
      return db.transaction((tx) => lockUnanswered(tx, 100));
    });
    expect(found).toContain(overdue.orderId);
    for (const { orderId } of [busy, young, settled, asked]) expect(found).not.toContain(orderId);
    await db.query('truncate payment_jobs');
  });

  test('are found in the order in which their time was up', async () => {
    // By the database's clock, whatever that of the service said.
    const second = await insert({ times: { placed: Date.now() - 3_600_000 } }, -1_000);
    const first = await insert({ times: { placed: Date.now() + 3_600_000 } }, -2_000);
    const found = await db.transaction(async (tx) => {
      // Which has that order, whether it is asked for or not.
      await tx.query('drop index orders_unpaid');
      return lockUnanswered(tx, 2);
    });
    expect(found).toEqual([first.orderId, second.orderId]);
  });
});

describe('payment jobs', () => {
  const keysOf = (jobs: readonly PaymentJob[]) => jobs.map(({ key }) => key);
  /** As whoever has taken them last. */
  async function finish(...jobs: Pick<PaymentJob, 'key'>[]): Promise<void> {
    const { rows } = await db.query<Pick<TakenJob, 'key' | 'kind' | 'attempts'>>(
      'select job_key as key, kind, attempts from payment_jobs where job_key = any($1::text[])',
      [jobs.map(({ key }) => key)],
    );
    await finishPaymentJobs(db, rows);
  }
  async function add(kind: PaymentJob['kind'] = 'payment'): Promise<PaymentJob> {
    const job = jobOf(await insert(), kind);
    await addPaymentJobs(db, [job]);
    return job;
  }

  test('are taken once until the lease is over, and counted', async () => {
    const jobs = [await add('payment'), await add('refund')];
    const [first, second] = await Promise.all([takePaymentJobs(db, 10, 60), takePaymentJobs(db, 10, 60)]);
    const taken = [...(first ?? []), ...(second ?? [])].sort((a, b) => a.key.localeCompare(b.key));
    expect(taken).toEqual(
      jobs.map((job) => ({ ...job, attempts: 1 })).sort((a, b) => a.key.localeCompare(b.key)),
    );
    // Whoever took them has died, and the lease is over: another one takes over.
    await db.query('update payment_jobs set due_at = now()');
    expect((await takePaymentJobs(db, 10, 60)).map(({ attempts }) => attempts)).toEqual([2, 2]);
    expect(await takePaymentJobs(db, 10, 60)).toEqual([]);
    await finish(...jobs);
  });

  test('come back after a failure, and not once they are done', async () => {
    const job = await add();
    await takePaymentJobs(db, 10, 0);
    await postponePaymentJob(db, job, 60_000);
    expect(await takePaymentJobs(db, 10, 60)).toEqual([]);
    await postponePaymentJob(db, job, 0);
    expect((await takePaymentJobs(db, 10, 60)).map(({ key }) => key)).toEqual([job.key]);
    await finish(job);
    await postponePaymentJob(db, job, 0);
    expect(await takePaymentJobs(db, 10, 60)).toEqual([]);
  });

  test('are not done when they have become others meanwhile: the stock answers while the provider is asked for more payments', async () => {
    const job = await add('recheck');
    const [rechecked] = (await takePaymentJobs(db, 10, 60)) as [TakenJob];
    await addPaymentJobs(db, [{ ...job, kind: 'payment' } as PaymentJob]);
    await finishPaymentJobs(db, [rechecked]);
    expect(await takePaymentJobs(db, 10, 60)).toMatchObject([{ key: job.key, kind: 'payment' }]);

    // It has come to a recheck again, which is another one.
    await awaitPayments(db, [{ key: job.key, paymentId: 'pay-1' }], 60);
    await settlePaymentJobs(db, [{ key: job.key, paymentId: 'pay-1' }], 0);
    await finishPaymentJobs(db, [rechecked]);
    expect(await takePaymentJobs(db, 10, 60)).toMatchObject([{ key: job.key, kind: 'recheck' }]);
    await finish(job);
  });

  test('that became known while they were asked about keep their later time', async () => {
    const job = await add('settle');
    const [taken] = (await takePaymentJobs(db, 10, 0)) as [TakenJob];
    await settlePaymentJobs(db, [job], 60);
    await postponePaymentJob(db, taken, 0);
    await retryPaymentJob(db, taken, 0);
    expect(await takePaymentJobs(db, 10, 0)).toEqual([]);
    expect(await countWaitingJobs(db)).toEqual({ count: 0, failing: 0, longestSeconds: 0 });
    await finish(job);
  });

  test('that fail are counted until there was an answer', async () => {
    const job = await add();
    await retryPaymentJob(db, job, 0);
    await db.query(`update payment_jobs set failing_since = now() - interval '1 minute'`);
    await retryPaymentJob(db, job, 0);
    expect(await countWaitingJobs(db)).toEqual({ count: 1, failing: 1, longestSeconds: 60 });
    // Another one, whose turn has not come: a provider that is slow is asked little at once.
    const other = await add();
    expect(await countWaitingJobs(db)).toEqual({ count: 2, failing: 1, longestSeconds: 60 });
    await db.query(`update payment_jobs set due_at = now() - interval '2 minutes' where job_key = $1`, [
      other.key,
    ]);
    expect(await countWaitingJobs(db)).toEqual({ count: 2, failing: 1, longestSeconds: 120 });
    await finish(other);
    await postponePaymentJob(db, job, 60_000);
    expect(await countWaitingJobs(db)).toEqual({ count: 0, failing: 0, longestSeconds: 0 });
    await finish(job);
  });

  test('ask once more, later, when it is known what became of the payment, but never about a refund', async () => {
    const jobs = [await add('payment'), await add('refund'), await add('settle')];
    const [own, other, unanswered] = keysOf(jobs) as [string, string, string];
    await awaitPayments(db, [{ key: own, paymentId: 'pay-own' }], 0);
    const kinds = async () =>
      Object.fromEntries((await takePaymentJobs(db, 10, 0)).map(({ key, kind }) => [key, kind]));
    await settlePaymentJobs(
      db,
      [
        { key: own, paymentId: 'another one of the order' },
        { key: other, paymentId: 'pay-1' },
        { key: unanswered, paymentId: 'one of the order' },
      ],
      0,
    );
    expect(await kinds()).toEqual({ [own]: 'settle', [other]: 'refund', [unanswered]: 'settle' });
    await settlePaymentJobs(db, [{ key: own, paymentId: 'pay-own' }], 60);
    expect(await kinds()).toEqual({ [other]: 'refund', [unanswered]: 'settle' });
    await settlePaymentJobs(db, [{ key: unanswered }], 0);
    expect(await kinds()).toEqual({ [other]: 'refund', [unanswered]: 'recheck' });
    await finish(...jobs);
    expect((await db.query('select from payment_jobs')).rowCount).toBe(0);
  });

  test('for payments become those that settle them, once the time is up that counts from then on', async () => {
    const { key } = await add('payment');
    await takePaymentJobs(db, 10, 0);
    await awaitPayments(db, [{ key, paymentId: 'pay-1' }], 60);
    expect(await takePaymentJobs(db, 10, 0)).toEqual([]);
    await db.query(`update payment_jobs set due_at = due_at - interval '60 seconds'`);
    expect(await takePaymentJobs(db, 10, 60)).toMatchObject([{ key, kind: 'settle', attempts: 1 }]);
    await awaitPayments(db, [{ key, paymentId: 'pay-1' }], 0); // of a call that ends after the payment was called off
    expect(await takePaymentJobs(db, 10, 60)).toEqual([]);
    await finish({ key });
  });

  test('that settle take the place of those that ask for the payment, also of the same transaction, and set aside', async () => {
    const job = await add('payment');
    await noteFailure(db, CALL_PROVIDER, job.key, 'refused');
    expect(await takePaymentJobs(db, 10, 60)).toEqual([]);
    await addPaymentJobs(db, [job, { ...job, kind: 'settle' } as PaymentJob]);
    expect(await takePaymentJobs(db, 10, 60)).toMatchObject([{ key: job.key, kind: 'settle', attempts: 1 }]);
    await finish(job);
  });
});

describe('idempotency keys', () => {
  const fingerprint = Buffer.from('a fingerprint');
  const use = (key: string) => ({ key, fingerprint, orderId: uuidv7() });

  test('belong to who comes first, also of many who come at once', async () => {
    const uses = Array.from({ length: 5 }, () => use('at-once'));
    const claims = await Promise.all(
      uses.map((one) => db.transaction((tx) => claimIdempotencyKeys(tx, [use(uuidv7()), one]))),
    );
    const winners = uses.filter(({ orderId }, index) => claims[index]?.has(orderId));
    expect(winners).toHaveLength(1);
    expect((await findIdempotencyKeys(db, ['at-once', 'never'])).get('at-once')).toEqual(winners[0]);
  });

  test('that two claim crosswise never have them wait in a circle', async () => {
    for (let round = 0; round < 20; round++) {
      const uses = Array.from({ length: 500 }, () => use(uuidv7()));
      const claims = [uses, uses.toReversed()].map((some) =>
        db.transaction((tx) => claimIdempotencyKeys(tx, some)),
      );
      const sizes = (await Promise.all(claims)).map(({ size }) => size);
      expect(sizes.sort()).toEqual([0, 500]);
    }
  });

  test('are free again when the order was not placed after all', async () => {
    const failing = db.transaction(async (tx) => {
      await claimIdempotencyKeys(tx, [use('rolled-back')]);
      throw new Error('the menu has no such item');
    });
    await expect(failing).rejects.toThrow('no such item');
    const next = use('rolled-back');
    expect(await claimIdempotencyKeys(db, [next])).toEqual(new Set([next.orderId]));
  });

  test('are forgotten with age', async () => {
    await claimIdempotencyKeys(db, [use('young'), use('old')]);
    await db.query(`update idempotency_keys set created_at = now() - interval '25 hours' where key = 'old'`);
    await forgetIdempotencyKeys(db, 24);
    expect([...(await findIdempotencyKeys(db, ['young', 'old'])).keys()]).toEqual(['young']);
  });
});
