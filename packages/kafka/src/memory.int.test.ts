import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Letter } from './deadLetters.ts';
import { MOST_HELD } from './holding.ts';
import { createProducer, type Producer } from './producer.ts';
import type { ReceivedRecord } from './record.ts';
import { batchOf } from './testing/batches.ts';
import { clientOf, createTopic, log } from './testing/kafka.ts';
import { noLetters } from './testing/noLetters.ts';
import { createTestGroup, type TestGroup } from './testing/testGroup.ts';
import { writeBatch } from './testing/writeBatch.ts';

const MIB = 1024 * 1024;
const PARTITIONS = 12;
/** A few hundred bytes on the wire. */
const LARGE = batchOf({
  baseOffset: 0n,
  records: [{ key: Buffer.from('large'), value: Buffer.alloc(12 * MIB), headers: [], timestamp: 0 }],
  compression: 'zstd',
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let producer: Producer;
let group: TestGroup;
let topic: string;

beforeAll(async () => {
  producer = createProducer({ client: clientOf(), log });
  await producer.start();
});
afterAll(() => producer.stop());
beforeEach(async () => {
  [group, topic] = await Promise.all([createTestGroup(producer), createTopic('memory', PARTITIONS)]);
});
afterEach(() => group.end());

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
const sizeOf = (records: readonly ReceivedRecord[]) => sum(records.map(({ value }) => value?.length ?? 0));
/** The work of a call takes a moment, in which the other partitions get what they can. */
const whileOthersCome = () => new Promise((resolve) => setTimeout(resolve, 100));

test('holds little of many large batches at once, and hands on little of them together', async () => {
  for (let partition = 0; partition < PARTITIONS; partition++)
    for (const batch of [LARGE, LARGE]) await writeBatch(topic, partition, batch);
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const handed: number[] = [];
  const held: number[] = [];
  await group.consume(topic, {
    process: async (records) => {
      handed.push(sizeOf(records));
      await whileOthersCome();
      collectGarbage();
      held.push(process.memoryUsage().arrayBuffers - before);
    },
  });
  await until(() => sum(handed) === 2 * PARTITIONS * 12 * MIB, { what: 'all of them' });
  // There is room for two; each is there twice while it is unpacked (LARGEST_BATCH), and the one that was handed on before may not be let go of yet.
  expect(Math.max(...held)).toBeLessThan(6 * 12 * MIB);
  expect(Math.max(...handed)).toBeLessThanOrEqual(12 * MIB);
});

test('hands on together no more bytes than a chunk may have', async () => {
  const value = Buffer.alloc(0.4 * MIB);
  const records = [0, 1].map(() => ({ key: Buffer.from('k'), value, headers: [], timestamp: 0 }));
  const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  for (const partition of [...all, ...all])
    await writeBatch(topic, partition, { records, compression: 'zstd' });
  const handed: number[] = [];
  await group.consume(topic, {
    process: async (records) => {
      handed.push(sizeOf(records));
      await whileOthersCome();
    },
  });
  await until(() => sum(handed) === 4 * PARTITIONS * value.length, { what: 'all of them' });
  expect(Math.max(...handed)).toBeLessThanOrEqual(MOST_HELD);
});

test('lets others get on while large batches in many partitions wait', async () => {
  const stuck = PARTITIONS - 2;
  for (let partition = 0; partition < PARTITIONS - 1; partition++) await writeBatch(topic, partition, LARGE);
  const small = { key: null, value: Buffer.from('small'), headers: [], timestamp: 0 };
  await writeBatch(topic, PARTITIONS - 1, { records: [small] });
  const waiting = new Set<number>();
  const done = new Set<number>();
  let isDown = true;
  const { consumer } = await group.consume(topic, {
    process: async (records) => {
      for (const { partition } of records) {
        if (isDown && partition < stuck) {
          waiting.add(partition);
          throw new Error('down');
        }
      }
      for (const { partition } of records) done.add(partition);
    },
    isOutage: () => true,
  });
  await until(() => waiting.size > 0 && done.has(PARTITIONS - 1), { what: 'the small record' });
  expect(consumer.lastError).toMatchObject({ message: 'down' });
  await until(() => done.has(stuck), { what: 'the large record that nothing is wrong with' });
  await until(() => waiting.size === stuck, { what: 'each of the others to have its turn' });
  expect(done).toEqual(new Set([stuck, PARTITIONS - 1]));
  isDown = false;
  await until(() => done.size === PARTITIONS, { what: 'all of them' });
});

// Who asks again with the same letters waits for those that are under way; with others, they would be sent a second time.
test('begins no letter anew, however long the dead letters take and others wait for memory', async () => {
  const partitions = [0, 1, 2, 3, 4];
  for (const partition of partitions) await writeBatch(topic, partition, LARGE);
  const asked = new Map<number, Set<readonly Letter[]>>();
  const firstAskedAt = performance.now();
  const { consumer } = await group.consume(topic, {
    process: async () => {
      throw new Error('no');
    },
    retry: { attempts: 1, initialMs: 10, maxMs: 10 },
    deadLetters: {
      ...noLetters,
      async park(letters) {
        const partition = letters[0]?.record.partition as number;
        asked.set(partition, (asked.get(partition) ?? new Set()).add(letters));
        if (performance.now() - firstAskedAt < 6_000) throw new Error('late');
        return new Set();
      },
    },
  });
  await until(() => asked.size === partitions.length, { what: 'each of them to be parked' });
  await consumer.stop();
  expect([...asked.values()].map(({ size }) => size)).toEqual(partitions.map(() => 1));
});
