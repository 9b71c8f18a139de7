import { readFile } from 'node:fs/promises';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { createParkedKeys } from './parkedKeys.ts';
import { createTestDatabase } from './testing/createTestDatabase.ts';
import { createRig, type Rig } from './testing/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.stop());

const bytes = (text: string) => Buffer.from(text, 'latin1');

it('remembers parked keys by topic, however often they are parked', async () => {
  const parked = createParkedKeys(rig.db);
  await parked.add('orders', [bytes('o-1')]);
  await parked.add('orders', [bytes('o-1'), bytes('o-1')]);
  expect(await parked.has('orders', [bytes('o-1'), bytes('o-2')])).toEqual([bytes('o-1')]);
  expect(await parked.has('payments', [bytes('o-1')])).toEqual([]);
});

it.each([
  ['a Java Long', '\x00\x00\x00\x00\x00\x00\x00\x07'],
  ['no bytes', ''],
  ['a megabyte', 'k'.repeat(1_000_000)],
])('remembers a key that is %s', async (_, key) => {
  const parked = createParkedKeys(rig.db);
  expect(await parked.has('bytes', [bytes(key)])).toEqual([]);
  await parked.add('bytes', [bytes(key)]);
  expect(await parked.has('bytes', [bytes(key)])).toEqual([bytes(key)]);
});

it('tells keys apart that look the same as text', async () => {
  const parked = createParkedKeys(rig.db);
  await parked.add('alike', [bytes('\xfe')]);
  expect(await parked.has('alike', [bytes('\xff'), bytes('\xfe')])).toEqual([bytes('\xfe')]);
});

it('carries over the keys that were parked as text', async () => {
  await using database = await createTestDatabase(infrastructure().postgresUrl);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const apply = async (file: string) =>
    client.query(await readFile(new URL(`./migrations/${file}`, import.meta.url), 'utf8'));
  await apply('003_parked_keys.sql');
  await client.query(
    `insert into parked_keys (topic, key, parked_at) values ('orders', 'ö-1', '2026-01-01Z')`,
  );
  await apply('004_parked_keys_are_bytes.sql');
  const parked = createParkedKeys(client);
  const key = Buffer.from('ö-1');
  expect(await parked.has('orders', [key])).toEqual([key]);
  await parked.add('orders', [key]);
  const { rows } = await client.query<{ parked_at: Date }>('select parked_at from parked_keys');
  expect(rows).toEqual([{ parked_at: new Date('2026-01-01Z') }]);
  await client.end();
});
