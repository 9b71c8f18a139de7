import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createDatabase, migrate } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import pino from 'pino';

const log = pino({ level: 'silent' });
const migrations = fileURLToPath(new URL('./migrations/', import.meta.url));

test('shelves of the release before have got what is on them and what is reserved from them', async () => {
  const { url, drop } = await createTestDatabase(infrastructure().postgresUrl);
  const folder = await mkdtemp(join(tmpdir(), 'brew-catalog-'));
  const upTo = async (number: string) => {
    const names = (await readdir(migrations)).filter((name) => name <= `${number}~`);
    for (const name of names) await cp(join(migrations, name), join(folder, name));
    await migrate({ url, directories: [pathToFileURL(`${folder}/`)], log });
  };
  await upTo('004');
  const db = createDatabase({ url, applicationName: 'catalog-migrations-test', log });
  try {
    await db.query(`insert into menu_items values ('latte', 'Latte', 'drink', 420, 'EUR', 60, 10, now())`);
    await db.query(`insert into stock values ('cafe-001', 'latte', 7), ('cafe-002', 'latte', 10)`);
    const reserve = (orderId: string, line: object, releasedAt: Date | null) =>
      db.query(`insert into reservations values ($1, 'cafe-001', $2, now(), $3)`, [
        orderId,
        JSON.stringify([line]),
        releasedAt,
      ]);
    await reserve('named', { sku: 'latte', quantity: 2, shelf: '1' }, null);
    await reserve('old', { sku: 'latte', quantity: 1 }, null);
    await reserve('gone', { sku: 'mocha', quantity: 1 }, null);
    await reserve('another', { sku: 'latte', quantity: 4, shelf: '0' }, null);
    await reserve('released', { sku: 'latte', quantity: 5, shelf: '1' }, new Date());
    await upTo('999');

    const shelves = await db.query('select cafe_id, available, delivered from stock order by cafe_id');
    expect(shelves.rows).toEqual([
      { cafe_id: 'cafe-001', available: 7, delivered: '10' },
      { cafe_id: 'cafe-002', available: 10, delivered: '10' },
    ]);
    const lines = await db.query(
      `select order_id, items -> 0 ->> 'shelf' as shelf from reservations order by order_id`,
    );
    expect(lines.rows).toEqual([
      { order_id: 'another', shelf: '0' },
      { order_id: 'gone', shelf: '0' },
      { order_id: 'named', shelf: '1' },
      { order_id: 'old', shelf: '1' },
      { order_id: 'released', shelf: '1' },
    ]);
  } finally {
    await db.stop();
    await drop();
    await rm(folder, { recursive: true });
  }
});
