import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { messagingMigrations } from './messagingMigrations.ts';
import { migrate } from './migrate.ts';
import { createTestDatabase, type TestDatabase } from './testing/createTestDatabase.ts';

const log = pino({ level: 'silent' });
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase(infrastructure().postgresUrl);
  folder = await mkdtemp(join(tmpdir(), 'brew-migrations-'));
  await writeFile(
    join(folder, '001_cups.sql'),
    "create table cups (size text); insert into cups values ('large');",
  );
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function query(sql: string) {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

describe('migrate', () => {
  it('applies each file once when five instances start together', async () => {
    const directories = [messagingMigrations, folder];
    await Promise.all(Array.from({ length: 5 }, () => migrate({ url: database.url, directories, log })));
    expect(await query('select size from cups')).toEqual([{ size: 'large' }]);
    expect(await query('select count(*)::int as count from outbox')).toEqual([{ count: 0 }]);
  });

  it('applies nothing of a folder in which one file fails, and says why', async () => {
    await writeFile(join(folder, '002_lids.sql'), 'create table lids (size text);');
    await writeFile(join(folder, '003_broken.sql'), 'create table lids (again text);');
    await expect(migrate({ url: database.url, directories: [folder], log })).rejects.toThrow(
      '"lids" already exists',
    );
    expect(await query("select to_regclass('lids') as lids")).toEqual([{ lids: null }]);
  });

  it('gives up waiting for PostgreSQL when it is told to', async () => {
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    const attempt = migrate({ url, directories: [folder], log, signal: AbortSignal.timeout(100) });
    await expect(attempt).rejects.toThrow(/abort/i);
  });
});
