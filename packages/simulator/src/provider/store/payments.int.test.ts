import { createDatabase, migrate } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { insertPayments, type NewPayment } from './payments.ts';

const log = pino({ level: 'silent' });

it('stores payments that two transactions store crosswise once, and none waits in a circle', async () => {
  await using resources = new AsyncDisposableStack();
  const { url } = resources.use(await createTestDatabase(infrastructure().postgresUrl));
  await migrate({ url, directories: [new URL('./migrations/', import.meta.url)], log });
  const db = resources.use(createDatabase({ url, applicationName: 'payments-test', log }));
  const course: NewPayment['course'] = {
    outcome: 'succeeded',
    reason: undefined,
    settlesAfterMs: 0,
    webhooks: [],
  };
  const payment = { orderId: 'order', amount: { amount: 1, currency: 'EUR' }, course };

  for (let round = 0; round < 20; round++) {
    const payments = Array.from({ length: 500 }, (_, index) => ({
      ...payment,
      idempotencyKey: `${round}-${index}`,
    }));
    const stored = await Promise.all(
      [payments, payments.toReversed()].map((some) => db.transaction((tx) => insertPayments(tx, some))),
    );
    expect(stored.flat().filter((id) => id !== undefined)).toHaveLength(500);
  }
});
