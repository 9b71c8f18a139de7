import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { UndecodableRecordError } from './errors.ts';
import { createProducer } from './producer.ts';
import { clientOf, createTopic, log, outgoing, readAll, textOf } from './testing/kafka.ts';
import { createTestGroup, numbered, type TestGroup } from './testing/testGroup.ts';
import { writeBatch } from './testing/writeBatch.ts';

// What records do that fail: one holds up as few others as can be, and all of them are not taken for dead letters.

const producer = createProducer({ client: clientOf(), log });
let group: TestGroup;

beforeAll(() => producer.start());
afterAll(() => producer.stop());
beforeEach(async () => {
  group = await createTestGroup(producer);
});
afterEach(() => group?.end());

const send = (topic: string, ...values: string[]) =>
  producer.send(values.map((value) => outgoing(topic, value, value)));

test('a partition in which a record fails again and again holds up none that the same broker leads', async () => {
  // Three of them, at least, on the same broker.
  const topic = await createTopic('ways-apart', 9);
  await writeBatch(topic, 0, {
    records: [{ key: null, value: Buffer.from('poison'), headers: [], timestamp: 0 }],
  });
  let attempts = 0;
  const kept: string[] = [];
  const { consumer } = await group.consume(topic, {
    retry: { attempts: 100, initialMs: 1_000, maxMs: 2_000 },
    process: async (records) => {
      for (const record of records) {
        if (textOf(record) !== 'poison') continue;
        attempts += 1;
        throw new Error('again and again');
      }
      kept.push(...records.map(textOf));
    },
  });
  await until(() => attempts > 1, { what: 'the poison to be tried' });
  const before = attempts;
  for (let round = 0; round < 3; round++) {
    for (let partition = 1; partition < 9; partition++) {
      const value = Buffer.from(`${round}/${partition}`);
      await writeBatch(topic, partition, { records: [{ key: null, value, headers: [], timestamp: 0 }] });
    }
    await until(() => kept.length === 8 * (round + 1), { what: 'the other partitions' });
  }
  await until(() => attempts > before, { what: 'it to be tried again: it is still in hand' });
  expect(await readAll(group.letters)).toEqual([]);
  await until(() => consumer.heldUp !== undefined, { what: 'it to say what holds it up' });
  expect(consumer.heldUp).toMatchObject({
    topic,
    partition: 0,
    offset: 0n,
    key: null,
    error: new Error('again and again'),
  });
});

test('keeps the topic while every record fails, says so, and does all of it once that is mended', async () => {
  const topic = await createTopic('ways-halted', 3);
  const values = numbered('v', 100);
  let mended = false;
  const kept: string[] = [];
  const { consumer } = await group.consume(topic, {
    retry: { attempts: 2, initialMs: 5, maxMs: 10 },
    process: async (records) => {
      if (!mended) throw new TypeError('a bad deployment');
      kept.push(...records.map(textOf));
    },
  });
  await send(topic, ...values);
  await until(() => consumer.state === 'halted', { what: 'it to stop' });
  expect(consumer.lastError).toMatchObject({
    code: 'BREW_EVERY_RECORD_FAILS',
    message: expect.stringContaining('a bad deployment'),
  });
  mended = true;
  // Until it could be told, a few may have been parked.
  const parked = async () => (await readAll(group.letters)).length;
  await until(async () => new Set(kept).size + (await parked()) === 100, { what: 'all of them' });
  expect(await parked()).toBeLessThan(10);
  await until(() => consumer.state === 'running');
  expect(consumer.lastError).toBeUndefined();
});

test('one poison among hundreds costs some twenty calls, and not one for each', async () => {
  const topic = await createTopic('ways-one');
  await send(topic, ...numbered('v', 250), 'poison', ...numbered('w', 249));
  let calls = 0;
  const kept = new Set<string>();
  await group.consume(topic, {
    process: async (records) => {
      calls += 1;
      if (records.map(textOf).includes('poison')) throw new UndecodableRecordError('no');
      for (const record of records) kept.add(textOf(record));
    },
  });
  await until(() => kept.size === 499, { what: 'the others' });
  await until(async () => (await readAll(group.letters)).length === 1, { what: 'the letter' });
  expect(calls).toBeLessThan(40);
});

test('poison that can not be decoded is parked at once, however much of it there is', async () => {
  const topic = await createTopic('ways-poison');
  const { consumer } = await group.consume(topic, {
    process: async () => {
      throw new UndecodableRecordError('no');
    },
  });
  await send(topic, ...numbered('p', 40));
  await until(async () => (await readAll(group.letters)).length === 40, { what: 'all of it to be parked' });
  expect(consumer.state).toBe('running');
});
