import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createDatabase, messagingMigrations, migrate } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import pino from 'pino';

const log = pino({ level: 'silent' });
const migrations = fileURLToPath(new URL('./migrations/', import.meta.url));

test('payments that the release before has asked for are settled, and no order ends for its shorter time', async () => {
  const { url, drop } = await createTestDatabase(infrastructure().postgresUrl);
  const folder = await mkdtemp(join(tmpdir(), 'brew-order-'));
  const upTo = async (number: string) => {
    const names = (await readdir(migrations)).filter((name) => name <= `${number}~`);
    for (const name of names) await cp(join(migrations, name), join(folder, name));
    await migrate({ url, directories: [messagingMigrations, pathToFileURL(`${folder}/`)], log });
  };
  await upTo('005');
  const db = createDatabase({ url, applicationName: 'order-migrations-test', log });
  try {
    const insert = (orderId: string, status: string, payment: string) =>
      db.query(
        `insert into orders (order_id, cafe_id, customer, items, total_amount, total_currency, status, cancel_reason,
                             payment_state, placed_at, payment_due_at, cause)
         values ($1, 'cafe-001', '{}', '[]', 420, 'EUR', $2::text, case when $2::text = 'cancelled' then 'customer_request' end,
                 $3, now(), now() - interval '1 minute', '{}')`,
        [orderId, status, payment],
      );
    await insert('waiting', 'placed', 'requested');
    await insert('asking', 'placed', 'requested');
    await insert('given-up', 'cancelled', 'requested');
    await insert('new', 'placed', 'none');
    await db.query(`insert into payment_jobs (job_key, kind, order_id, amount, currency, cause)
                    values ('payment-asking', 'payment', 'asking', 420, 'EUR', '{}')`);
    await upTo('999');

    const { rows } = await db.query('select job_key, kind from payment_jobs order by job_key');
    expect(rows).toEqual([
      { job_key: 'payment-asking', kind: 'payment' },
      { job_key: 'payment-given-up', kind: 'settle' },
      { job_key: 'payment-new', kind: 'recheck' },
      { job_key: 'payment-waiting', kind: 'settle' },
    ]);
    const due = `select from orders where status = 'placed' and payment_due_at <= now() + interval '15 minutes'`;
    expect((await db.query(due)).rowCount).toBe(0);
  } finally {
    await db.stop();
    await drop();
    await rm(folder, { recursive: true });
  }
});
