import { expect, test } from '@jest/globals';
import { ReadRefusedError } from '../errors.ts';
import { createHeldBack } from '../heldBack.ts';
import { batchOf } from '../testing/batches.ts';
import { takeAnswer } from './answer.ts';
import type { Cluster } from './cluster.ts';
import type { FetchAnswer, FetchedPartition } from './fetch.ts';
import { type Reading, readingOf } from './readings.ts';

const heldBack = createHeldBack();
/** What is done while the offsets of a partition are looked up. */
let whileLookedUp: () => void;
const cluster = {
  topicId: () => 'id',
  partitionsOf: () => [0],
  leaderOf: () => ({ node: 1, epoch: 0 }),
  refresh: async () => whileLookedUp(),
  connectionTo: async () => Promise.reject(new ReadRefusedError('t/0', 'NOT_TODAY')),
} as unknown as Cluster;
const reading = (partition: number): Reading => ({
  ...readingOf({ topic: 't', partition, from: 0n, topicId: 'id' }),
  leader: { node: 1, epoch: 0 },
  end: 10n,
});
const partition = (number: number, more: Partial<FetchedPartition> = {}): FetchedPartition => ({
  partition: number,
  errorCode: 0,
  highWatermark: 10n,
  lastStableOffset: 10n,
  divergedAt: undefined,
  aborted: [],
  bytes: Buffer.alloc(0),
  ...more,
});
const record = { key: null, value: null, headers: [], timestamp: 0 };
const bytes = batchOf({ baseOffset: 0n, records: [record] });

/**
 * @param meanwhile what is done to them before the answer comes
 * @returns where two partitions go on, and whether they have lost their leader
 */
async function taken(
  partitions: FetchedPartition[],
  more: Partial<FetchAnswer> = {},
  meanwhile: (second: Reading) => void = () => {},
) {
  const readings: [Reading, Reading] = [reading(0), reading(1)];
  const topics = partitions.length === 0 ? [] : [{ topicId: 'id', partitions }];
  const asked = readings.map((each) => ({ reading: each, position: each.position }));
  meanwhile(readings[1]);
  await takeAnswer(cluster, asked, { throttleMs: 0, errorCode: 0, topics, ...more }, heldBack);
  return readings.map(({ position, leader }) => (leader ? position : 'lost'));
}

test('takes it for a gap when nothing comes of any partition, although there is more', async () => {
  expect(await taken([partition(0), partition(1)])).toEqual([10n, 10n]);
});

test('takes an answer that names no partition for none: a quota, not the end', async () => {
  expect(await taken([], { throttleMs: 900 })).toEqual([0n, 0n]);
  expect(await taken([])).toEqual(['lost', 'lost']);
});

test('passes over nothing as long as it was told of one partition alone, or something came of another', async () => {
  expect(await taken([partition(0)])).toEqual([0n, 'lost']);
  expect(await taken([partition(0), partition(1, { errorCode: 6 })])).toEqual([0n, 'lost']);
  expect(await taken([partition(0), partition(1, { bytes })])).toEqual([0n, 1n]);
});

test.each<[string, (second: Reading) => void]>([
  ['was given up', (second) => Object.assign(second, { removed: true })],
  ['was sought elsewhere', (second) => Object.assign(second, { position: 5n })],
])('passes over nothing where something came of a partition that %s meanwhile', async (_, meanwhile) => {
  const [first] = await taken([partition(0), partition(1, { bytes })], {}, meanwhile);
  expect(first).toBe(0n);
  expect(await taken([partition(0), partition(1, { errorCode: 6 })], {}, meanwhile)).toContain(0n);
});

test('puts nothing down behind a position that was sought while those of another partition were looked up', async () => {
  const [first, second] = [reading(0), { ...reading(1), position: 7n }];
  whileLookedUp = () => void Object.assign(second, { position: 5n });
  const asked = [first, second].map((each) => ({ reading: each, position: each.position }));
  const later = batchOf({ baseOffset: 7n, records: [record] });
  const partitions = [partition(0, { errorCode: 1 }), partition(1, { bytes: later })];
  await takeAnswer(
    cluster,
    asked,
    { throttleMs: 0, errorCode: 0, topics: [{ topicId: 'id', partitions }] },
    heldBack,
  );
  expect([second.position, second.waiting]).toEqual([5n, []]);
});

test('passes over nothing behind a position that was sought in the midst of it', async () => {
  const sought: Reading[] = [];
  const taking = taken([partition(0), partition(1)], {}, (second) => sought.push(second));
  for (const each of sought) each.position = 5n;
  expect(await taking).toEqual([10n, 5n]);
});
