import { runKafkaTool } from '@brew/sandbox';
import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Admin as KafkaAdmin } from 'kafkajs';
import { createAdmin } from './admin.ts';
import { createKafkaClient, kafkaOf, optionsOf } from './client.ts';
import { type Consumer, type ConsumerOptions, createConsumer } from './consumer.ts';
import { createDeadLetterQueue } from './deadLetters.ts';
import { UndecodableRecordError } from './errors.ts';
import { createFollower, type FollowerOptions } from './follower.ts';
import { createInspector } from './inspect.ts';
import { createProducer } from './producer.ts';
import { createReader } from './reader.ts';
import type { ReceivedRecord } from './record.ts';
import { createTopics } from './testing/createTopics.ts';
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
import { openTransaction } from './testing/transactions.ts';
import { writeBatch } from './testing/writeBatch.ts';

// What brokers do to whoever reads: nothing is skipped without being told, and nothing stands still.

const client = clientOf();
const producer = createProducer({ client, log });
let kafka: KafkaAdmin;
let group: string;
let letters: string;
let running: AsyncDisposable[];

beforeAll(async () => {
  kafka = kafkaOf(client).admin();
  await Promise.all([producer.start(), kafka.connect()]);
});
afterAll(() => Promise.all([producer.stop(), kafka.disconnect()]));
beforeEach(async () => {
  group = uniqueName('ways');
  running = [];
  letters = await createDeadLetterTopic(group);
});
afterEach(() => Promise.all(running.map((each) => each[Symbol.asyncDispose]())));

const send = (topic: string, ...values: string[]) =>
  producer.send(values.map((value) => outgoing(topic, value, value)));

async function consume(topic: string, options: Partial<ConsumerOptions> = {}) {
  const kept: string[] = [];
  const consumer: Consumer = createConsumer({
    client,
    group,
    topics: [topic],
    from: 'beginning',
    process: async (records) => void kept.push(...records.map(textOf)),
    deadLetters: createDeadLetterQueue({ producer, group }),
    log,
    ...options,
  });
  running.push(consumer);
  await consumer.start();
  return { consumer, kept };
}

async function follow(topic: string, options: Partial<FollowerOptions> = {}) {
  const kept: string[] = [];
  const onRecords = (records: ReceivedRecord[]) => void kept.push(...records.map(textOf));
  const follower = createFollower({
    client,
    name: group,
    topics: [topic],
    from: 'beginning',
    onRecords,
    log,
    ...options,
  });
  running.push(follower);
  await follower.start();
  await follower.whenCaughtUp();
  return { follower, kept };
}

const committed = async (topic?: string) => {
  await using admin = createAdmin({ client, log });
  const of = (await admin.groupLag(group)).filter((each) => topic === undefined || each.topic === topic);
  return of[0]?.committed;
};

/** Dead letters of which some are discarded, by the offsets with which their gaps begin. */
function discardable() {
  const discarded = new Set<bigint>();
  const isDiscarded = async ({ firstOffset }: { firstOffset: bigint }) => discarded.has(firstOffset);
  const deadLetters = createDeadLetterQueue({ producer, group, isDiscarded });
  return { deadLetters, discard: (firstOffset: bigint) => discarded.add(firstOffset) };
}

const untilStanding = (consumer: Consumer, message: RegExp) =>
  until(() => message.test(String(consumer.lastError)), { what: `to stand still: ${message}` });

/** As retention would. */
async function deleteBelow(topic: string, offset: string): Promise<void> {
  await kafka.fetchTopicOffsets(topic); // without that, kafkajs does not know who leads it
  await kafka.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
}

const all = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test('stands still where records were deleted before it read them, and goes on when their letter is discarded', async () => {
  const [topic, other] = [await createTopic('ways'), await createTopic('ways-other')];
  const topics = [topic, other];
  await send(topic, ...all('a', 10));
  const first = await consume(topic, { topics });
  await until(async () => (await committed(topic)) === 10n, { what: 'the group to have read' });
  await first.consumer.stop();

  await send(topic, ...all('b', 10));
  await deleteBelow(topic, '15');
  const { deadLetters, discard } = discardable();
  const second = await consume(topic, { topics, deadLetters });
  await untilStanding(second.consumer, /Offsets 10 to 14 of .* were deleted before this group read them/);
  await send(other, 'meanwhile');
  await until(() => second.kept.includes('meanwhile'), { what: 'the other partition' });

  // More of them are deleted while nobody has looked.
  await deleteBelow(topic, '17');
  discard(10n);
  await untilStanding(second.consumer, /Offsets 15 to 16 /);
  expect(second.kept).toEqual(['meanwhile']);
  await second.consumer.stop();

  // What was discarded while it was away is not told again.
  discard(15n);
  const third = await consume(topic, { topics, deadLetters });
  await until(() => third.kept.length === 3, { what: 'what is left' });
  expect(third.kept).toEqual(['b7', 'b8', 'b9']);
  const letter = { dlq_reason: 'deleted', dlq_source_topic: topic, dlq_source_partition: '0' };
  expect((await readAll(letters)).map(({ headers }) => headers)).toMatchObject([
    { ...letter, dlq_source_offset: '10', dlq_source_last_offset: '14' },
    { ...letter, dlq_source_offset: '15', dlq_source_last_offset: '16' },
  ]);
  expect([third.consumer.state, third.consumer.lastError]).toEqual(['running', undefined]);
  await until(async () => (await committed(topic)) === 20n, { what: 'the group to have no lag' });
});

test('says that a transaction which stays open holds it up, and goes on when that has ended', async () => {
  const topic = await createTopic('ways-open');
  await send(topic, 'before');
  const { consumer, kept } = await consume(topic);
  const followed = await follow(topic);
  await using reader = createReader({ client, log });
  const read: string[] = [];
  const reading = (async () => {
    for await (const records of reader.read([{ topic, partition: 0, from: 0n, until: 4n }]))
      while (records.next()) read.push(textOf(records.received()));
  })();
  await until(() => [kept, followed.kept, read].every((each) => each.length === 1), {
    what: 'what comes first',
  });

  const transaction = await openTransaction(topic);
  await send(topic, 'behind');
  const isTold = () => [consumer.heldUp?.error, followed.follower.lastError, reader.heldBack].every(Boolean);
  await until(isTold, { what: 'the transaction to be told of' });
  const code = 'BREW_TRANSACTION_OPEN';
  expect(consumer.heldUp).toMatchObject({ topic, partition: 0, offset: 1n, key: null, error: { code } });
  expect(followed.follower.lastError).toMatchObject({ code });
  expect(reader.heldBack).toMatchObject({ code });
  await using inspector = createInspector({ client });
  const { partitions } = await inspector.group(group);
  expect(partitions).toMatchObject([
    { committed: 1n, latest: 3n, lag: 2n, heldBack: 2n, waitingSince: undefined },
  ]);
  expect([kept, followed.kept, read]).toEqual([['before'], ['before'], ['before']]);

  await transaction.abort();
  await until(() => [kept, followed.kept, read].every((each) => each.length === 2), {
    what: 'what was behind',
  });
  await reading;
  expect([kept, followed.kept, read]).toEqual(Array(3).fill(['before', 'behind']));
  expect([consumer.heldUp, followed.follower.lastError, reader.heldBack]).toEqual(Array(3).fill(undefined));
});

test('from now on: stands still where retention took something while the group was away, too', async () => {
  const topic = await createTopic('ways-now');
  await send(topic, ...all('old', 3));
  const first = await consume(topic, { from: 'now' });
  await until(async () => (await committed()) === 3n, { what: 'the group to have its first offset' });
  await first.consumer.stop();
  await send(topic, ...all('new', 4));
  await deleteBelow(topic, '5');
  const { deadLetters, discard } = discardable();
  const second = await consume(topic, { from: 'now', deadLetters });
  await untilStanding(second.consumer, /Offsets 3 to 4 /);
  discard(3n);
  await until(() => second.kept.length === 2, { what: 'what is left' });
  expect(second.kept).toEqual(['new2', 'new3']);
  expect(
    (await readAll(letters)).map(({ headers: h }) => [h.dlq_source_offset, h.dlq_source_last_offset]),
  ).toEqual([['3', '4']]);
});

test('a follower tells of what was deleted under it, and goes on', async () => {
  const topic = await createTopic('ways-follower');
  await send(topic, ...all('a', 3));
  let hold = Promise.withResolvers<void>();
  hold.resolve();
  const kept: string[] = [];
  const onRecords = async (records: ReceivedRecord[]) => {
    await hold.promise;
    kept.push(...records.map(textOf));
  };
  const { follower } = await follow(topic, { onRecords });
  hold = Promise.withResolvers();
  await send(topic, 'b0');
  await until(async () => (await kafka.fetchTopicOffsets(topic))[0]?.high === '4');
  // While it is at b0, what comes behind is deleted.
  await send(topic, ...all('c', 5));
  await deleteBelow(topic, '8');
  hold.resolve();
  await until(() => kept.includes('c4'), { what: 'the last record' });
  if (follower.steppedOver === 0) expect(kept).toEqual([...all('a', 3), 'b0', ...all('c', 5)]);
  else expect(kept).toEqual([...all('a', 3), 'b0', 'c4']);
});

test('finds partitions that are added, and reads them from their beginning, also from now on', async () => {
  const topic = await createTopic('ways-added');
  const { kept } = await consume(topic, { from: 'now' });
  const followed = await follow(topic, { from: 'now' });
  await until(async () => (await committed()) !== undefined, { what: 'the group to have its first offset' });
  await kafka.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await until(async () => (await kafka.fetchTopicOffsets(topic)).length === 4);
  const values = all('v', 40);
  // One that knows of them.
  await using late = createProducer({ client, log });
  await late.start();
  await late.send(values.map((value) => outgoing(topic, value, value)));
  await until(() => kept.length >= 40 && followed.kept.length >= 40, { what: 'all of them' });
  expect(kept.toSorted()).toEqual(values.toSorted());
  expect(followed.kept.toSorted()).toEqual(values.toSorted());
});

test('reads a topic that was deleted and made anew from its beginning', async () => {
  const topic = await createTopic('ways-anew');
  await send(topic, ...all('a', 5));
  const { kept } = await consume(topic);
  const followed = await follow(topic);
  await until(async () => (await committed()) === 5n, { what: 'the group to have read' });
  await kafka.deleteTopics({ topics: [topic] });
  await until(async () => !(await kafka.listTopics()).includes(topic));
  await createTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }]);
  await using late = createProducer({ client, log });
  await late.start();
  await late.send(all('b', 3).map((value) => outgoing(topic, value, value)));
  await until(() => kept.includes('b2') && followed.kept.includes('b2'), { what: 'what is in the new one' });
  expect(kept.filter((value) => value.startsWith('b'))).toEqual(all('b', 3));
  expect(followed.kept.filter((value) => value.startsWith('b'))).toEqual(all('b', 3));
});

test('misses nothing when it is throttled', async () => {
  const topic = await createTopic('ways-throttled', 3);
  const values = all('v', 30).map((value) => value.padEnd(20_000, '.'));
  await send(topic, ...values);
  const clientId = uniqueName('slow');
  const quota = [
    '--add-config',
    'consumer_byte_rate=200000',
    '--entity-type',
    'clients',
    '--entity-name',
    clientId,
  ];
  await runKafkaTool('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', optionsOf(client).brokers.join(), '--alter'],
    ...quota,
  ]);
  const slow = createKafkaClient({ ...optionsOf(client), clientId });
  const { kept, consumer } = await consume(topic, { client: slow });
  const followed = await follow(topic, { client: slow });
  await until(() => kept.length >= 30 && followed.kept.length >= 30, { what: 'all of them' });
  expect(kept.toSorted()).toEqual(values.toSorted());
  expect(followed.kept.toSorted()).toEqual(values.toSorted());
  expect(consumer.lastError).toBeUndefined();
});

test('reads a batch of very many records, and points to one that would unpack to more than anybody should', async () => {
  const topic = await createTopic('ways-large');
  const tiny = { key: null, value: null, headers: [], timestamp: 0 };
  const bomb = { ...tiny, value: Buffer.alloc(160 * 1024 * 1024) };
  await send(topic, 'first');
  await writeBatch(topic, 0, { records: Array.from({ length: 130_000 }, () => tiny), compression: 'gzip' });
  expect(await writeBatch(topic, 0, { records: [tiny, bomb], compression: 'gzip' })).toEqual({
    baseOffset: 130_001n,
  });
  await send(topic, 'last');
  const { kept, consumer } = await consume(topic, { wants: ({ value }) => value !== null });
  const members = await memberIdsOf(group);
  await until(() => kept.includes('last'), { what: 'the last record' });
  expect(kept).toEqual(['first', 'last']);
  expect((await readAll(letters)).map(({ headers }) => headers)).toMatchObject([
    {
      dlq_reason: 'unreadable',
      dlq_source_offset: '130001',
      dlq_source_last_offset: '130002',
      dlq_pointer: 'key,headers,value',
    },
  ]);
  expect(await memberIdsOf(group)).toEqual(members);
  expect(consumer.state).toBe('running');
  const followed = await follow(topic);
  expect(followed.follower.steppedOver).toBe(1);
  expect(followed.kept.filter((value) => value !== '')).toEqual(['first', 'last']);
});

test('a partition in which a record fails again and again holds up none that the same broker leads', async () => {
  // Three of them, at least, on the same broker.
  const topic = await createTopic('ways-apart', 9);
  await writeBatch(topic, 0, {
    records: [{ key: null, value: Buffer.from('poison'), headers: [], timestamp: 0 }],
  });
  let attempts = 0;
  const kept: string[] = [];
  const { consumer } = await consume(topic, {
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
  expect(await readAll(letters)).toEqual([]);
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
  const values = all('v', 100);
  let mended = false;
  const kept: string[] = [];
  const { consumer } = await consume(topic, {
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
  const parked = async () => (await readAll(letters)).length;
  await until(async () => new Set(kept).size + (await parked()) === 100, { what: 'all of them' });
  expect(await parked()).toBeLessThan(10);
  await until(() => consumer.state === 'running');
  expect(consumer.lastError).toBeUndefined();
});

test('one poison among hundreds costs some twenty calls, and not one for each', async () => {
  const topic = await createTopic('ways-one');
  await send(topic, ...all('v', 250), 'poison', ...all('w', 249));
  let calls = 0;
  const kept = new Set<string>();
  await consume(topic, {
    process: async (records) => {
      calls += 1;
      if (records.map(textOf).includes('poison')) throw new UndecodableRecordError('no');
      for (const record of records) kept.add(textOf(record));
    },
  });
  await until(() => kept.size === 499, { what: 'the others' });
  await until(async () => (await readAll(letters)).length === 1, { what: 'the letter' });
  expect(calls).toBeLessThan(40);
});

test('poison that can not be decoded is parked at once, however much of it there is', async () => {
  const topic = await createTopic('ways-poison');
  const { consumer } = await consume(topic, {
    process: async () => {
      throw new UndecodableRecordError('no');
    },
  });
  await send(topic, ...all('p', 40));
  await until(async () => (await readAll(letters)).length === 40, { what: 'all of it to be parked' });
  expect(consumer.state).toBe('running');
});
