import { runKafkaTool } from '@brew/sandbox';
import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Admin as KafkaAdmin } from 'kafkajs';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { createAdmin } from './admin.ts';
import { createKafkaClient, optionsOf } from './client.ts';
import type { Consumer } from './consumer.ts';
import { createDeadLetterQueue } from './deadLetters.ts';
import { createInspector } from './inspect.ts';
import { createProducer } from './producer.ts';
import { createReader } from './reader.ts';
import type { ReceivedRecord } from './record.ts';
import { createTopics } from './testing/createTopics.ts';
import { clientOf, createTopic, log, memberIdsOf, outgoing, readAll, textOf } from './testing/kafka.ts';
import { createTestGroup, numbered, type TestGroup } from './testing/testGroup.ts';
import { openTransaction } from './testing/transactions.ts';
import { writeBatch } from './testing/writeBatch.ts';

// What brokers do to whoever reads: nothing is skipped without being told, and nothing stands still.

const client = clientOf();
const producer = createProducer({ client, log });
let kafka: KafkaAdmin;
let group: TestGroup;

beforeAll(async () => {
  kafka = kafkaOf(client).admin();
  await Promise.all([producer.start(), kafka.connect()]);
});
afterAll(() => Promise.all([producer.stop(), kafka.disconnect()]));
beforeEach(async () => {
  group = await createTestGroup(producer);
});
afterEach(() => group?.end());

const send = (topic: string, ...values: string[]) =>
  producer.send(values.map((value) => outgoing(topic, value, value)));

const committed = async (topic?: string) => {
  await using admin = createAdmin({ client, log });
  const of = (await admin.groupLag(group.name)).filter((each) => topic === undefined || each.topic === topic);
  return of[0]?.committed;
};

/** Dead letters of which some are discarded, by the offsets with which their gaps begin. */
function discardable() {
  const discarded = new Set<bigint>();
  const isDiscarded = async ({ firstOffset }: { firstOffset: bigint }) => discarded.has(firstOffset);
  const deadLetters = createDeadLetterQueue({ producer, group: group.name, isDiscarded });
  return { deadLetters, discard: (firstOffset: bigint) => discarded.add(firstOffset) };
}

const untilStanding = (consumer: Consumer, message: RegExp) =>
  until(() => message.test(String(consumer.lastError)), { what: `to stand still: ${message}` });

/** As retention would. */
async function deleteBelow(topic: string, offset: string): Promise<void> {
  await kafka.fetchTopicOffsets(topic); // without that, kafkajs does not know who leads it
  await kafka.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
}

test('stands still where records were deleted before it read them, and goes on when their letter is discarded', async () => {
  const [topic, other] = [await createTopic('ways'), await createTopic('ways-other')];
  const topics = [topic, other];
  await send(topic, ...numbered('a', 10));
  const first = await group.consume(topic, { topics });
  await until(async () => (await committed(topic)) === 10n, { what: 'the group to have read' });
  await first.consumer.stop();

  await send(topic, ...numbered('b', 10));
  await deleteBelow(topic, '15');
  const { deadLetters, discard } = discardable();
  const second = await group.consume(topic, { topics, deadLetters });
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
  const third = await group.consume(topic, { topics, deadLetters });
  await until(() => third.kept.length === 3, { what: 'what is left' });
  expect(third.kept).toEqual(['b7', 'b8', 'b9']);
  const letter = { dlq_reason: 'deleted', dlq_source_topic: topic, dlq_source_partition: '0' };
  expect((await readAll(group.letters)).map(({ headers }) => headers)).toMatchObject([
    { ...letter, dlq_source_offset: '10', dlq_source_last_offset: '14' },
    { ...letter, dlq_source_offset: '15', dlq_source_last_offset: '16' },
  ]);
  expect([third.consumer.state, third.consumer.lastError]).toEqual(['running', undefined]);
  await until(async () => (await committed(topic)) === 20n, { what: 'the group to have no lag' });
});

test('says that a transaction which stays open holds it up, and goes on when that has ended', async () => {
  const topic = await createTopic('ways-open');
  await send(topic, 'before');
  const { consumer, kept } = await group.consume(topic);
  const followed = await group.follow(topic);
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
  const { partitions } = await inspector.group(group.name);
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
  await send(topic, ...numbered('old', 3));
  const first = await group.consume(topic, { from: 'now' });
  await until(async () => (await committed()) === 3n, { what: 'the group to have its first offset' });
  await first.consumer.stop();
  await send(topic, ...numbered('new', 4));
  await deleteBelow(topic, '5');
  const { deadLetters, discard } = discardable();
  const second = await group.consume(topic, { from: 'now', deadLetters });
  await untilStanding(second.consumer, /Offsets 3 to 4 /);
  discard(3n);
  await until(() => second.kept.length === 2, { what: 'what is left' });
  expect(second.kept).toEqual(['new2', 'new3']);
  expect(
    (await readAll(group.letters)).map(({ headers: h }) => [h.dlq_source_offset, h.dlq_source_last_offset]),
  ).toEqual([['3', '4']]);
});

test('from the beginning: stands still, too, where nothing had come yet when the group was there', async () => {
  const topic = await createTopic('ways-empty');
  const first = await group.consume(topic);
  await until(async () => (await committed()) === 0n, { what: 'the group to have its first offset' });
  await first.consumer.stop();
  await send(topic, ...numbered('a', 4));
  await deleteBelow(topic, '3');
  const { deadLetters, discard } = discardable();
  const second = await group.consume(topic, { deadLetters });
  await untilStanding(second.consumer, /Offsets 0 to 2 /);
  discard(0n);
  await until(() => second.kept.length === 1, { what: 'what is left' });
  expect(second.kept).toEqual(['a3']);
});

test('a group that is new begins with what there is, whatever was deleted before', async () => {
  const topic = await createTopic('ways-new');
  await send(topic, ...numbered('a', 4));
  await deleteBelow(topic, '3');
  const { kept, consumer } = await group.consume(topic);
  await until(() => kept.length === 1, { what: 'what is left' });
  expect(kept).toEqual(['a3']);
  expect(consumer.heldUp).toBeUndefined();
});

test.each(['beginning', 'now'] as const)(
  'from %s: misses what was deleted in a partition that was added while the group was away',
  async (from) => {
    const topic = await createTopic('ways-later');
    const first = await group.consume(topic, { from });
    await until(async () => (await committed()) === 0n, { what: 'the group to have its first offset' });
    await first.consumer.stop();
    await kafka.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    await until(async () => (await kafka.fetchTopicOffsets(topic)).length === 2);
    await using late = createProducer({ client, log });
    await late.start();
    const values = numbered('v', 40);
    await late.send(values.map((value) => outgoing(topic, value, value)));
    const ends = await kafka.fetchTopicOffsets(topic);
    const offset = ends.find(({ partition }) => partition === 1)?.high ?? '';
    await kafka.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset }] });
    const { deadLetters } = discardable();
    const second = await group.consume(topic, { from, deadLetters });
    await untilStanding(second.consumer, new RegExp(`Offsets 0 to ${Number(offset) - 1} `));
  },
);

test('a follower tells of what was deleted under it, and goes on', async () => {
  const topic = await createTopic('ways-follower');
  await send(topic, ...numbered('a', 3));
  let hold = Promise.withResolvers<void>();
  hold.resolve();
  const kept: string[] = [];
  const onRecords = async (records: ReceivedRecord[]) => {
    await hold.promise;
    kept.push(...records.map(textOf));
  };
  const { follower } = await group.follow(topic, { onRecords });
  hold = Promise.withResolvers();
  await send(topic, 'b0');
  await until(async () => (await kafka.fetchTopicOffsets(topic))[0]?.high === '4');
  // While it is at b0, what comes behind is deleted.
  await send(topic, ...numbered('c', 5));
  await deleteBelow(topic, '8');
  hold.resolve();
  await until(() => kept.includes('c4'), { what: 'the last record' });
  if (follower.steppedOver === 0) expect(kept).toEqual([...numbered('a', 3), 'b0', ...numbered('c', 5)]);
  else expect(kept).toEqual([...numbered('a', 3), 'b0', 'c4']);
});

test('finds partitions that are added, and reads them from their beginning, also from now on', async () => {
  const topic = await createTopic('ways-added');
  const { kept } = await group.consume(topic, { from: 'now' });
  const followed = await group.follow(topic, { from: 'now' });
  await until(async () => (await committed()) !== undefined, { what: 'the group to have its first offset' });
  await kafka.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await until(async () => (await kafka.fetchTopicOffsets(topic)).length === 4);
  const values = numbered('v', 40);
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
  await send(topic, ...numbered('a', 5));
  const { kept } = await group.consume(topic);
  const followed = await group.follow(topic);
  await until(async () => (await committed()) === 5n, { what: 'the group to have read' });
  await kafka.deleteTopics({ topics: [topic] });
  await until(async () => !(await kafka.listTopics()).includes(topic));
  await createTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }]);
  await using late = createProducer({ client, log });
  await late.start();
  await late.send(numbered('b', 3).map((value) => outgoing(topic, value, value)));
  await until(() => kept.includes('b2') && followed.kept.includes('b2'), { what: 'what is in the new one' });
  expect(kept.filter((value) => value.startsWith('b'))).toEqual(numbered('b', 3));
  expect(followed.kept.filter((value) => value.startsWith('b'))).toEqual(numbered('b', 3));
});

test('misses nothing when it is throttled', async () => {
  const topic = await createTopic('ways-throttled', 3);
  const values = numbered('v', 30).map((value) => value.padEnd(20_000, '.'));
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
  const { kept, consumer } = await group.consume(topic, { client: slow });
  const followed = await group.follow(topic, { client: slow });
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
  const { kept, consumer } = await group.consume(topic, { wants: ({ value }) => value !== null });
  const members = await memberIdsOf(group.name);
  await until(() => kept.includes('last'), { what: 'the last record' });
  expect(kept).toEqual(['first', 'last']);
  expect((await readAll(group.letters)).map(({ headers }) => headers)).toMatchObject([
    {
      dlq_reason: 'unreadable',
      dlq_source_offset: '130001',
      dlq_source_last_offset: '130002',
      dlq_pointer: 'key,headers,value',
    },
  ]);
  expect(await memberIdsOf(group.name)).toEqual(members);
  expect(consumer.state).toBe('running');
  const followed = await group.follow(topic);
  expect(followed.follower.steppedOver).toBe(1);
  expect(followed.kept.filter((value) => value !== '')).toEqual(['first', 'last']);
});
