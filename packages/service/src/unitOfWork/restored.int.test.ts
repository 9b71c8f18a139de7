import { createKafkaClient } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLetterBench, type LetterBench } from '../testing/letterBench.ts';

let bench: LetterBench;
beforeAll(async () => {
  bench = await createLetterBench();
});
afterAll(async () => {
  await bench.clear();
  await bench.rig.stop();
});

const TABLES = ['inbox', 'effects', 'letters', 'letter_positions', 'parked_keys', 'outbox'];

/** All that PostgreSQL has now, put aside. */
async function backUp(): Promise<void> {
  await bench.rig.db.query('create schema backup');
  for (const table of TABLES)
    await bench.rig.db.query(`create table backup.${table} as table public.${table}`);
}

async function restore(): Promise<void> {
  for (const table of TABLES) {
    await bench.rig.db.query(`delete from ${table}`);
    await bench.rig.db.query(`insert into ${table} overriding system value select * from backup.${table}`);
  }
}

it('a database of yesterday and a group that is set back come to the same as if nothing had happened', async () => {
  const { rig, Placed } = bench;
  const before = await bench.start();
  await bench.send('old/1', 'old/2');
  await bench.handled('old/2');
  await backUp();
  await bench.send('new/1', 'old/3', 'new/2');
  for (const name of ['new/1', 'old/3', 'new/2']) await bench.handled(name);
  await before.stop();
  await restore();
  expect(await bench.effects('old', 'new')).toEqual(['old/1', 'old/2']);

  // Further back than the backup, as clocks and doubts would have it.
  const client = createKafkaClient({ brokers: infrastructure().brokers, clientId: 'restore', log: rig.log });
  await using reader = createReader({ client, log: rig.log });
  await reader.commit(rig.name, await reader.offsets([Placed.topic.name], 'earliest'));
  await bench.start();
  for (const name of ['new/1', 'old/3', 'new/2']) await bench.handled(name);
  expect(await bench.effects('old')).toEqual(['old/1', 'old/2', 'old/3']);
  expect(await bench.effects('new')).toEqual(['new/1', 'new/2']);
  expect(await bench.waiting()).toBe(0);
});
