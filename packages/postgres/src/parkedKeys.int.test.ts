import { readFile } from 'node:fs/promises';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Tx } from './database.ts';
import { createParkedKeys, hashOfKey, letKeysGo, lockKeys } from './parkedKeys.ts';
import { createTestDatabase } from './testing/createTestDatabase.ts';
import { createRig, type Rig } from './testing/rig.ts';
import { transactOn } from './transactOn.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.stop());

const bytes = (text: string) => Buffer.from(text, 'latin1');

const mark = (topic: string, ...keys: string[]) => ({
  mark: keys.map((key) => ({ topic, key: bytes(key) })),
  ask: [],
});
const nothing = async () => undefined;

it('remembers parked keys by topic, however often they are parked', async () => {
  const parked = createParkedKeys(rig.db);
  await parked.hold(mark('orders', 'o-1'), nothing);
  await parked.hold(mark('orders', 'o-1', 'o-1'), nothing);
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
  await parked.hold(mark('bytes', key), nothing);
  const [found] = await parked.has('bytes', [bytes(key)]);
  expect(found?.equals(bytes(key))).toBe(true); // toEqual takes a minute for a megabyte
});

it('tells keys apart that look the same as text', async () => {
  const parked = createParkedKeys(rig.db);
  await parked.hold(mark('alike', '\xfe'), nothing);
  expect(await parked.has('alike', [bytes('\xff'), bytes('\xfe')])).toEqual([bytes('\xfe')]);
});

it('parks nothing when what was to be done with the keys fails', async () => {
  const parked = createParkedKeys(rig.db);
  const failing = parked.hold(mark('fails', 'k'), () => Promise.reject(new Error('Kafka is away')));
  await expect(failing).rejects.toThrow('Kafka is away');
  expect(await parked.has('fails', [bytes('k')])).toEqual([]);
});

it('says of keys that are only asked about whether they are parked, and parks none of them', async () => {
  const parked = createParkedKeys(rig.db);
  await parked.hold(mark('asked', 'a'), nothing);
  const ask = ['a', 'b'].map((key) => ({ topic: 'asked', key: bytes(key) }));
  const answers = await parked.hold({ mark: [], ask }, async (isParked) =>
    ask.map(({ topic, key }) => isParked(topic, key)),
  );
  expect(answers).toEqual([true, false]);
  expect(await parked.has('asked', [bytes('a'), bytes('b')])).toEqual([bytes('a')]);
});

it('lets nobody else hold a key, not even one that is not parked yet', async () => {
  const parked = createParkedKeys(rig.db);
  const [held, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const first = parked.hold(mark('held', 'k'), async () => {
    held.resolve();
    await letGo.promise;
  });
  await held.promise;
  const second = parked.hold(mark('held', 'j', 'k'), nothing);
  await expect(second).rejects.toMatchObject({ code: '55P03' });
  letGo.resolve();
  await first;
  expect(await parked.has('held', [bytes('j'), bytes('k')])).toEqual([bytes('k')]);
});

it('finds a key that was let go while it waited to be no longer parked', async () => {
  const parked = createParkedKeys(rig.db);
  await parked.hold(mark('gone', 'k'), nothing);
  const key = { topic: 'gone', keyHash: hashOfKey(bytes('k')) };
  let asked: Promise<boolean> | undefined;
  await rig.db.transaction(async (tx) => {
    expect(await lockKeys(tx, [key])).toEqual([]);
    asked = parked.hold({ mark: [], ask: [{ topic: 'gone', key: bytes('k') }] }, async (isParked) =>
      isParked('gone', bytes('k')),
    );
    await until(async () => (await waiting()) > 0, { what: 'somebody waits for the key' });
    expect(await letKeysGo(tx, [key])).toBe(1);
  });
  expect(await asked).toBe(false);
  expect(await parked.has('gone', [bytes('k')])).toEqual([]);
});

it('never has two who lock the same keys wait for each other', async () => {
  const keys = Array.from({ length: 50 }, (_, i) => ({
    topic: `t${i % 3}`,
    keyHash: hashOfKey(bytes(`${i}`)),
  }));
  const orders = [keys, keys.toReversed(), keys.toSorted(() => Math.random() - 0.5)];
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      orders.map((order) =>
        rig.db.transaction(async (tx) => {
          await lockKeys(tx, order);
          if (round % 2 === 0) await letKeysGo(tx, order);
        }),
      ),
    );
  }
});

async function waiting(): Promise<number> {
  const { rows } = await rig.db.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
}

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
  await apply('008_letters.sql');
  const parked = createParkedKeys({
    query: client.query.bind(client) as Tx['query'],
    transaction: (work) => transactOn(client, work),
  });
  const key = Buffer.from('ö-1');
  expect(await parked.has('orders', [key])).toEqual([key]);
  await parked.hold({ mark: [{ topic: 'orders', key }], ask: [] }, nothing);
  const { rows } = await client.query<{ parked_at: Date }>('select parked_at from parked_keys');
  expect(rows).toEqual([{ parked_at: new Date('2026-01-01Z') }]);
  await client.end();
});
