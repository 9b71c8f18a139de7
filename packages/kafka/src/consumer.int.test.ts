import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createAdmin } from './admin.ts';
import { type Consumer, type ConsumerOptions, createConsumer } from './consumer.ts';
import { createDeadLetterQueue } from './deadLetters.ts';
import { UndecodableRecordError } from './errors.ts';
import { createProducer, type Producer } from './producer.ts';
import type { ReceivedRecord } from './record.ts';
import {
  clientOf,
  createDeadLetterTopic,
  createTopic,
  log,
  memberIdsOf,
  outgoing,
  readAll,
  textOf,
} from './testing/kafka.ts';
import { createKeyMemory } from './testing/keyMemory.ts';
import { createNetwork } from './testing/network.ts';
import { abortTransaction } from './testing/transactions.ts';

const client = clientOf();
let producer: Producer;
let group: string;
let consumers: Consumer[];
let parkedKeys: Set<string>;

beforeAll(async () => {
  producer = createProducer({ client, log });
  await producer.start();
});
afterAll(() => producer.stop());

beforeEach(() => {
  group = uniqueName('group');
  consumers = [];
  parkedKeys = new Set();
});
afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()));
});

const deadLetters = () =>
  createDeadLetterQueue({
    producer,
    group,
    parkedKeys: createKeyMemory(parkedKeys),
  });

async function consume(topics: string[], options: Partial<ConsumerOptions>): Promise<Consumer> {
  const consumer = createConsumer({
    client,
    group,
    topics,
    from: 'beginning',
    process: async () => undefined,
    deadLetters: deadLetters(),
    retry: { attempts: 3, initialMs: 10, maxMs: 50 },
    log,
    ...options,
  });
  consumers.push(consumer);
  await consumer.start();
  return consumer;
}

const send = (topic: string, ...values: string[]) =>
  producer.send(values.map((value) => outgoing(topic, value.split(':')[0] ?? '', value)));

/** A `process` that keeps what it was given, after `handle` has had a look at each. */
function keeping(handle: (record: ReceivedRecord) => unknown = () => undefined) {
  const kept: string[] = [];
  const process = async (records: ReceivedRecord[]) => {
    for (const record of records) await handle(record);
    kept.push(...records.map(textOf));
  };
  return { kept, process };
}

test('hands on what is wanted, in order, in chunks of bounded size', async () => {
  const topic = await createTopic('consumer');
  await send(topic, ...Array.from({ length: 25 }, (_, i) => `k:${i}`));
  const chunks: string[][] = [];
  await consume([topic], {
    maxRecords: 4,
    wants: (record) => Number(textOf(record).split(':')[1]) % 2 === 0,
    process: async (records) => void chunks.push(records.map(textOf)),
  });
  await until(() => chunks.flat().length === 13, { what: 'the wanted records' });
  expect(chunks.flat()).toEqual(Array.from({ length: 13 }, (_, i) => `k:${2 * i}`));
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(4);
});

test('from now on: also what comes while it is away, before it has read anything', async () => {
  const topic = await createTopic('consumer', 3);
  await send(topic, 'a:old', 'b:old', 'c:old');
  const first = keeping();
  const consumer = await consume([topic], { from: 'now', ...first });
  // Soon after it has its partitions, and before anything comes.
  await using admin = createAdmin({ client, log });
  const committed = async () => (await admin.groupLag(group)).filter((lag) => lag.committed !== undefined);
  await until(async () => (await committed()).length === 3, { what: 'the group to have its first offsets' });
  await consumer.stop();

  await send(topic, 'a:new', 'b:new', 'c:new');
  const second = keeping();
  await consume([topic], { from: 'now', ...second });
  await until(() => second.kept.length >= 3, { what: 'what came while it was away' });
  expect(first.kept).toEqual([]);
  expect(second.kept.toSorted()).toEqual(['a:new', 'b:new', 'c:new']);
});

test('goes on where the group was, after a stop', async () => {
  const topic = await createTopic('consumer');
  await send(topic, 'a:1', 'a:2');
  const first = keeping();
  const consumer = await consume([topic], first);
  await until(() => first.kept.length === 2, { what: 'the first records' });
  await consumer.stop();
  expect(consumer.state).toBe('stopped');

  await send(topic, 'a:3');
  const second = keeping();
  await consume([topic], second);
  await until(() => second.kept.length > 0, { what: 'the later record' });
  expect(second.kept).toEqual(['a:3']);
});

test('parks the poisonous record with its provenance, keeps what is behind it in order, and processes the others', async () => {
  const topic = await createTopic('consumer');
  const letters = await createDeadLetterTopic(group);
  const value = Buffer.from([0, 0xff, 0xfe, 1]);
  await producer.send([{ topic, key: 'a', value, headers: { ce_id: 'e1' } }]);
  await send(topic, 'b:1', 'a:2', 'b:2');
  const { kept, process } = keeping((record) => {
    if (record.value?.equals(value)) throw new UndecodableRecordError('made so');
  });
  const consumer = await consume([topic], { process });
  await until(() => kept.includes('b:2'), { what: 'the records of the other key' });
  // These are done first: until the others are parked, no offset has moved.
  await until(async () => (await readAll(letters)).length === 2, { what: 'the letters' });
  await consumer.stop();
  expect(kept).toEqual(['b:1', 'b:2']);

  // Another instance knows of the parked key, and lets nothing overtake it either.
  await send(topic, 'a:3', 'b:3');
  const later = keeping();
  await consume([topic], later);
  await until(() => later.kept.includes('b:3'), { what: 'the later record' });
  expect(later.kept).toEqual(['b:3']);

  const parked = await readAll(letters);
  expect(parked.map(textOf).slice(1)).toEqual(['a:2', 'a:3']);
  expect(parked[0]).toMatchObject({
    key: 'a',
    value,
    headers: {
      ce_id: 'e1',
      dlq_group: group,
      dlq_reason: 'failed',
      dlq_source_topic: topic,
      dlq_source_partition: '0',
      dlq_source_offset: '0',
      dlq_error_name: 'UndecodableRecordError',
      dlq_error_code: 'BREW_RECORD_UNDECODABLE',
      dlq_attempts: '1',
    },
  });
  expect(parked[1]?.headers).toMatchObject({ h: 'a:2', dlq_reason: 'key_parked', dlq_source_offset: '2' });
});

test('does not move on while the dead letters cannot take a record', async () => {
  const topic = await createTopic('consumer');
  await send(topic, 'a:poison', 'b:1');
  const real = deadLetters();
  let open = false;
  let refused = 0;
  const { kept, process } = keeping((record) => {
    if (textOf(record) === 'a:poison') throw new UndecodableRecordError('made so');
  });
  const options = {
    process,
    deadLetters: {
      ...real,
      park: async (...args: Parameters<typeof real.park>) => {
        if (open) return real.park(...args);
        refused++;
        throw new Error('no room');
      },
    },
  };
  const first = await consume([topic], options);
  await until(() => refused >= 2, { what: 'the dead letters to be tried twice' });
  expect(first.lastError).toMatchObject({ message: 'no room' });
  await first.stop();
  // Other keys go on; the offset does not, and so they come again.
  expect(kept).toEqual(['b:1']);

  open = true;
  const letters = await createDeadLetterTopic(group);
  await consume([topic], options);
  await until(async () => (await readAll(letters)).length > 0, { what: 'the letter' });
  expect((await readAll(letters)).map(textOf)).toEqual(['a:poison']);
  expect(kept).toEqual(['b:1', 'b:1']);
});

test('waits through an outage without parking anything, and says what it waits for', async () => {
  const topic = await createTopic('consumer');
  await send(topic, 'a:1', 'a:2');
  let down = true;
  let attempts = 0;
  const { kept, process } = keeping(() => {
    attempts++;
    if (down) throw new Error('database gone');
  });
  const consumer = await consume([topic], { process, isOutage: () => true });
  await until(() => attempts > 4, { what: 'more attempts than a record has' });
  expect(consumer.lastError).toMatchObject({ message: 'database gone' });
  down = false;
  await until(() => kept.length === 2, { what: 'the records' });
  expect(consumer.lastError).toBeUndefined();
  expect(parkedKeys.size).toBe(0);
});

// In both, every broker has a partition that is busy: kafkajs gives signs of life only for idle fetches.
test('keeps its partitions while long batches get on', async () => {
  const topic = await createTopic('consumer', 2);
  await send(topic, ...Array.from({ length: 60 }, (_, i) => `${i}:x`));
  // Six records of each partition, one at a time and a second each: without a sign of life the session would be over.
  const { kept, process } = keeping(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
  const wants = ({ offset }: ReceivedRecord) => offset < 6n;
  await consume([topic], { process, wants, maxRecords: 1, sessionTimeoutMs: 6_000 });
  const [member] = await memberIdsOf(group);
  await until(() => kept.length >= 12, { what: 'the end of the batches' });
  expect(new Set(kept).size).toBe(12);
  expect(kept).toHaveLength(12);
  expect(await memberIdsOf(group)).toEqual([member]);
});

test('keeps its partitions through an outage that is longer than its session', async () => {
  const topic = await createTopic('consumer', 6);
  const values = Array.from({ length: 60 }, (_, i) => `${i}:x`);
  await send(topic, ...values);
  const begun = new Set<number>();
  let over = Number.POSITIVE_INFINITY;
  const { kept, process } = keeping(({ partition }) => {
    begun.add(partition);
    if (Date.now() < over) throw new Error('database gone');
  });
  // Waits of up to 3 s, and a heartbeat every 2 s at most: a shorter session would be lost to a busy machine.
  await consume([topic], { process, isOutage: () => true, sessionTimeoutMs: 10_000 });
  await until(() => begun.size === 6, { what: 'all partitions to wait' });
  over = Date.now() + 11_000;
  const [member] = await memberIdsOf(group);
  await until(() => kept.length >= values.length, { what: 'the end of the outage' });
  expect([...kept].sort()).toEqual([...values].sort());
  expect(await memberIdsOf(group)).toEqual([member]);
});

test('gives up its partitions when a call hangs', async () => {
  const topic = await createTopic('consumer');
  await send(topic, 'a:1');
  const hung = Promise.withResolvers<void>();
  const begun: string[] = [];
  const hanging = await consume([topic], {
    sessionTimeoutMs: 6_000,
    process: async (records) => {
      begun.push(...records.map(textOf));
      await hung.promise;
    },
  });
  await until(() => begun.length === 1, { what: 'the call to begin' });
  await until(() => hanging.state === 'restarting', { what: 'the consumer to give up' });
  expect(hanging.lastError).toMatchObject({
    code: 'BREW_CONSUMER_FAILED',
    message: expect.stringContaining('offset 0'),
  });
  const { kept, process } = keeping();
  await Promise.all([hanging.stop(), consume([topic], { process })]);
  await until(() => kept.length > 0, { what: 'another member to do it' });
  expect(kept).toEqual(['a:1']);
  hung.resolve();
});

test('says that no broker answers, and does what came meanwhile once one does', async () => {
  const topic = await createTopic('consumer', 3);
  const network = createNetwork();
  const { kept, process } = keeping();
  const consumer = await consume([topic], {
    process,
    client: clientOf(network.via),
    sessionTimeoutMs: 6_000,
  });
  await send(topic, 'a:1');
  await until(() => kept.length === 1, { what: 'the first record' });

  network.cut();
  await until(() => consumer.lastError !== undefined, { what: 'the consumer to notice' });
  expect(consumer.lastError).toMatchObject({
    code: expect.stringMatching(/BREW_(CONSUMER_FAILED|BROKER_UNAVAILABLE)/),
  });
  await send(topic, 'b:1', 'c:1');
  network.restore();
  await until(() => kept.includes('b:1') && kept.includes('c:1'), { what: 'the records sent meanwhile' });
  await until(() => consumer.state === 'running' && consumer.lastError === undefined, {
    what: 'it to be well',
  });
  await consumer.stop();
  await network.stop();
});

test('finishes what is in hand when it stops, and begins nothing more', async () => {
  const topic = await createTopic('consumer');
  await send(topic, 'a:1', 'a:2');
  const slow = Promise.withResolvers<void>();
  const begun: string[] = [];
  const { kept, process } = keeping(async (record) => {
    begun.push(textOf(record));
    await slow.promise;
  });
  const consumer = await consume([topic], { process, maxRecords: 1 });
  await until(() => begun.length === 1, { what: 'the first record to begin' });
  const stopped = consumer.stop();
  expect(consumer.state).toBe('draining');
  slow.resolve();
  await stopped;
  expect(kept).toEqual(['a:1']);

  const next = keeping();
  await consume([topic], next);
  await until(() => next.kept.length > 0, { what: 'the second record' });
  expect(next.kept).toEqual(['a:2']);
});

test('takes together what there is of all partitions, in order, one call at a time', async () => {
  const topics = [await createTopic('consumer-l', 3), await createTopic('consumer-r', 3)];
  const values = Array.from({ length: 60 }, (_, i) => `${i % 7}:${i}`);
  for (const topic of topics) await send(topic, ...values);
  const calls: ReceivedRecord[][] = [];
  let underWay = 0;
  await consume(topics, {
    maxRecords: 50,
    process: async (records) => {
      underWay += 1;
      expect(underWay).toBe(1);
      calls.push(records);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
    },
  });
  await until(() => calls.flat().length === 120, { what: 'all records' });
  expect(Math.max(...calls.map((records) => records.length))).toBeLessThanOrEqual(50);
  const partitionsOf = (records: ReceivedRecord[]) =>
    new Set(records.map(({ topic, partition }) => `${topic}/${partition}`));
  expect(Math.max(...calls.map((records) => partitionsOf(records).size))).toBeGreaterThan(1);
  for (const [, records] of Map.groupBy(calls.flat(), ({ topic, partition }) => `${topic}/${partition}`)) {
    const offsets = records.map(({ offset }) => Number(offset));
    expect(offsets).toEqual([...offsets].sort((left, right) => left - right));
  }
});

test('divides partitions by number among the members of a group, and takes over those of one that left', async () => {
  const topics = [await createTopic('consumer-a', 4), await createTopic('consumer-b', 4)];
  const partitions = new Map<string, Set<number>>([
    ['one', new Set()],
    ['two', new Set()],
  ]);
  const member = (name: string) => ({
    process: async (records: ReceivedRecord[]) => {
      for (const record of records) partitions.get(name)?.add(record.partition);
    },
  });
  const one = await consume(topics, member('one'));
  await consume(topics, member('two'));
  // Until the second has its share, the first may still have done everything.
  await until(
    async () => {
      for (const seen of partitions.values()) seen.clear();
      for (const topic of topics) await send(topic, ...Array.from({ length: 20 }, (_, i) => `${i}:x`));
      return until(
        () => [...partitions.values()].reduce((sum, seen) => sum + seen.size, 0) === 4 && partitions,
        {
          timeoutMs: 2_000,
        },
      );
    },
    { what: 'both to have their share' },
  );
  const [ones, twos] = [...partitions.values()].map((seen) => [...seen].sort());
  expect([...(ones ?? []), ...(twos ?? [])].sort()).toEqual([0, 1, 2, 3]);

  await one.stop();
  for (const seen of partitions.values()) seen.clear();
  await send(topics[0] ?? '', ...Array.from({ length: 20 }, (_, i) => `${i}:y`));
  await until(() => partitions.get('two')?.size === 4, { what: 'the other to do everything' });
});

test('has nothing left to read behind an aborted transaction', async () => {
  const topic = await createTopic('consumer');
  await send(topic, 'a:1');
  await abortTransaction(topic);
  const { kept, process } = keeping();
  await consume([topic], { process });
  await using admin = createAdmin({ client, log });
  await until(async () => (await admin.groupLag(group))[0]?.lag === 0n, { what: 'the group to have no lag' });
  expect(kept).toEqual(['a:1']);
});
