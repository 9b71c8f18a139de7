import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase, type Database, migrate } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { reportFunnel } from '../projections/funnel/reportFunnel.ts';
import { projections } from '../projections/index.ts';
import { reportTopDrinks } from '../projections/topDrinks/reportTopDrinks.ts';
import { listGenerations } from './generations.ts';

const log = pino({ level: 'silent' });
const migrations = fileURLToPath(new URL('./migrations/', import.meta.url));

let database: TestDatabase;
let db: Database;
let before: string;
beforeAll(async () => {
  database = await createTestDatabase(infrastructure().postgresUrl);
  db = createDatabase({ url: database.url, applicationName: 'test', log });
  before = await mkdtemp(join(tmpdir(), 'brew-test-'));
  for (const file of await readdir(migrations)) {
    if (file < '008') await copyFile(join(migrations, file), join(before, file));
  }
});
afterAll(async () => {
  await db?.stop();
  await database?.drop();
  await rm(before, { recursive: true });
});

/** As the version before made them. */
const TABLES: Record<string, string> = {
  sales: 'by_hour (cafe_id text, hour timestamptz, currency text, orders bigint, amount numeric)',
  latency: 'durations (minute timestamptz, stage text, ms int, orders bigint)',
  funnel: 'counts (step text, reason text, orders bigint, primary key (step, reason))',
  top_drinks:
    'counts (sku text primary key, name text, named_at timestamptz, quantity bigint, orders bigint)',
};

it('tables of the version before go on to be read, and what they have counted stays', async () => {
  await migrate({ url: database.url, directories: [before], log });
  for (const [projection, table] of Object.entries(TABLES)) {
    const [name] = table.split(' ');
    await db.query(`
      insert into generations (projection, number, version, state) values ('${projection}', 3, 2, 'live');
      create schema ${projection}_g3; create schema ${projection};
      create table ${projection}_g3.${table};
      create table ${projection}_g3.positions (topic text, partition int, next_offset bigint, primary key (topic, partition));
      create view ${projection}.${name} as table ${projection}_g3.${name};`);
  }
  await db.query(`
    insert into funnel_g3.counts values ('placed', '', 520), ('cancelled', 'out_of_stock', 7);
    insert into top_drinks_g3.counts values ('latte', 'Latte', now(), 600, 510);`);

  await migrate({ url: database.url, directories: [migrations], log });
  // What comes is counted beside it.
  await db.query(`
    insert into funnel_g3.counts (hour, step, reason, orders) values (date_trunc('hour', now()), 'placed', '', 3);
    insert into top_drinks_g3.counts (hour, sku, name, named_at, quantity, orders)
      values (date_trunc('hour', now()), 'latte', 'Caffè Latte', now() + interval '1 second', 4, 3);`);
  const hour = { from: new Date(Date.now() - 60 * 60 * 1000), to: new Date() };
  expect(await reportFunnel(db, hour)).toEqual([{ step: 'placed', reason: '', orders: 3 }]);
  expect(await reportTopDrinks(db, { ...hour, limit: 10 })).toEqual([
    { sku: 'latte', name: 'Caffè Latte', quantity: 4, orders: 3 },
  ]);
  // Nobody knows in which hours that was which had been counted before: it is in no range, and stays.
  const sum = async (table: string) =>
    (await db.query(`select sum(orders)::int as orders from ${table}`)).rows[0]?.orders;
  expect([await sum('funnel.counts'), await sum('top_drinks.counts')]).toEqual([530, 513]);
  for (const generation of await listGenerations(db)) {
    const code = projections.find(({ name }) => name === generation.projection);
    const columns = Object.entries(code?.columns ?? {}).map(([name, type]) => `${name}:${type}`);
    expect(generation).toMatchObject({ version: code?.version, columns, whole: true, builtSince: null });
    const hours = code?.time === 'hour' && code.name !== 'sales';
    expect(generation.hoursSince !== null && generation.hoursSince > new Date()).toBe(hours);
  }
});
