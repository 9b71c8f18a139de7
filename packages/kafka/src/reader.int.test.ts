import type { Socket } from 'node:net';
import { runKafkaTool } from '@brew/sandbox';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectionsConnectsChannel } from '@platformatic/kafka';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { createAdmin } from './admin.ts';
import { LogTruncatedError, OffsetOutOfRangeError, ReadRefusedError, TopicMissingError } from './errors.ts';
import { createProducer } from './producer.ts';
import { createReader, type ReadRange } from './reader.ts';
import type { OutgoingRecord, ReceivedRecord } from './record.ts';
import { createTopics } from './testing/createTopics.ts';
import { clientOf, createTopic, log, outgoing, readByKafkajs, textOf } from './testing/kafka.ts';
import { compressionsAlgorithms } from './wire/protocol.ts';

const client = clientOf();
const reader = createReader({ client, log });
const producer = createProducer({ client, log });
const admin = kafkaOf(client).admin();

beforeAll(() => Promise.all([producer.start(), admin.connect()]));
afterAll(() => Promise.all([reader.close(), producer.stop(), admin.disconnect()]));

/** All that is in the topics now. */
async function rangesOf(...topics: string[]): Promise<ReadRange[]> {
  const [starts, ends] = await Promise.all([
    reader.offsets(topics, 'earliest'),
    reader.offsets(topics, 'latest'),
  ]);
  return starts.map(({ topic, partition, offset }, i) => ({
    topic,
    partition,
    from: offset,
    until: ends[i]?.offset,
  }));
}

async function readRanges(ranges: ReadRange[], signal?: AbortSignal): Promise<ReceivedRecord[]> {
  const all: ReceivedRecord[] = [];
  for await (const records of reader.read(ranges, { ...(signal && { signal }) })) {
    while (records.next()) all.push(records.received());
  }
  return all;
}

/** In order, and with values that jest compares at once instead of byte by byte. */
const comparable = (records: ReceivedRecord[]) =>
  records
    .toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
    .map(({ topic, partition, offset, key, value, headers, timestamp }) => ({
      ...{ topic, partition, offset, key, headers, timestamp },
      value: value?.toString('latin1') ?? null,
    }));

/** Compares with kafkajs, record by record, and says how many there were. */
async function expectSameAsKafkajs(topic: string): Promise<number> {
  const [ours, theirs] = await Promise.all([
    rangesOf(topic).then((ranges) => readRanges(ranges)),
    readByKafkajs(topic),
  ]);
  expect(comparable(ours)).toEqual(comparable(theirs));
  return ours.length;
}

const numbered = (topic: string, count: number, from = 0): OutgoingRecord[] =>
  Array.from({ length: count }, (_, i) => outgoing(topic, `k${(from + i) % 50}`, `${from + i}`));

/** Reads the only partition of a topic as it grows. */
function followNumbers(topic: string, from = reader) {
  const values: string[] = [];
  const abort = new AbortController();
  async function follow() {
    for await (const records of from.read([{ topic, partition: 0, from: 0n }], { signal: abort.signal })) {
      while (records.next()) values.push(String(records.value()));
    }
  }
  const following = follow().catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  return {
    /** Waits for that many, which have to be 0, 1, 2, … */
    async until(count: number) {
      await Promise.race([following, until(() => values.length >= count, { what: `${count} records` })]);
      abort.abort();
      expect(values).toEqual(Array.from({ length: count }, (_, i) => String(i)));
    },
  };
}

/** kafkajs itself has only gzip. */
function teachKafkajs(codec: 'snappy' | 'lz4' | 'zstd', type: kafkajs.CompressionTypes): void {
  Object.assign(kafkajs.CompressionCodecs, {
    [type]: () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => compressionsAlgorithms[codec].compressSync(buffer),
      decompress: async (buffer: Buffer) => compressionsAlgorithms[codec].decompressSync(buffer),
    }),
  });
}
teachKafkajs('snappy', kafkajs.CompressionTypes.Snappy);
teachKafkajs('lz4', kafkajs.CompressionTypes.LZ4);
teachKafkajs('zstd', kafkajs.CompressionTypes.ZSTD);

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

test("reads what Kafka's own producer writes, with each codec", async () => {
  const topic = await createTopic('reader', 3);
  const lines = (codec: string) =>
    // Some are much larger than the 32 KiB blocks into which Java's snappy cuts them, some hardly compress.
    Array.from(
      { length: 400 },
      (_, i) => `h:${codec},n:${i}\tkey-${i}\t${`${codec} ${i * 7919} `.repeat((i * i) % 900)}`,
    );
  for (const codec of codecs) {
    const args = ['--bootstrap-server', infrastructure().brokers.join(), '--topic', topic];
    const parse = ['parse.key=true', 'parse.headers=true'].flatMap((property) => [
      '--reader-property',
      property,
    ]);
    await runKafkaTool(
      'org.apache.kafka.tools.ConsoleProducer',
      [...args, '--compression-codec', codec, ...parse],
      {
        input: lines(codec).join('\n'),
      },
    );
  }
  expect(await expectSameAsKafkajs(topic)).toBe(codecs.length * 400);
});

test('reads any records, whatever the brokers compress them with', async () => {
  const bytes = fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array));
  const header = fc.oneof(bytes, fc.array(bytes, { minLength: 1, maxLength: 3 }));
  const record = fc.record({
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.dictionary(fc.stringMatching(/^\w{1,20}$/), header, { maxKeys: 6 }),
    timestamp: fc.date({ min: new Date(1), max: new Date(), noInvalidDate: true }),
  });
  for (const codec of codecs) {
    const topic = await createTopic('reader', 2, {
      'compression.type': codec === 'none' ? 'uncompressed' : codec,
    });
    const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 60 }), {
      minLength: 5,
      maxLength: 5,
    });
    // Once, since brokers are asked; as a property, so that a failure tells its seed.
    const once = { numRuns: 1, endOnFailure: true };
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        for (const records of all) await producer.send(records.map((record) => ({ topic, ...record })));
        expect(await expectSameAsKafkajs(topic)).toBe(all.flat().length);
      }),
      once,
    );
  }
});

// Told by what was sent: kafkajs hands out some of what was aborted where transactions end in another order than they began in, since it takes the
// broker's list of them for sorted.
test('leaves out what transactions aborted, and reads what they committed', async () => {
  const topic = await createTopic('reader');
  const kafka = kafkaOf(client);
  const [one, other] = [1, 2].map(() =>
    kafka.producer({ idempotent: true, transactionalId: uniqueName('transaction'), maxInFlightRequests: 1 }),
  );
  if (!one || !other) throw new Error('two were made');
  await Promise.all([one.connect(), other.connect()]);
  const kept: string[] = [];
  for (let round = 0; round < 6; round++) {
    const [a, b] = [await one.transaction(), await other.transaction()];
    const [isAKept, isBKept] = [round % 2 !== 0, round % 3 !== 0];
    for (let i = 0; i < 3; i++) {
      const [inA, inB, plain] = [`a ${round} ${i}`, `b ${round} ${i}`, `plain ${round} ${i}`];
      await a.send({ topic, messages: [{ value: inA }] });
      await b.send({ topic, messages: [{ value: inB }] });
      await producer.send([outgoing(topic, 'k', plain)]);
      kept.push(...(isAKept ? [inA] : []), ...(isBKept ? [inB] : []), plain);
    }
    await (isBKept ? b.commit() : b.abort());
    await (isAKept ? a.commit() : a.abort());
  }
  await Promise.all([one.disconnect(), other.disconnect()]);
  // A transaction is committed before its partitions have heard of it: 54 records, and a marker for each of 12 ends.
  await until(async () => (await reader.offsets([topic], 'latest'))[0]?.offset === 66n, {
    what: 'all markers',
  });

  const [range] = await rangesOf(topic);
  const all = await readRanges(range ? [range] : []);
  expect(all.map(textOf)).toEqual(kept);
  // From any offset, also in the middle of a transaction that was aborted.
  for (let from = 0n; from < (range?.until ?? 0n); from++) {
    const ours = await readRanges([{ topic, partition: 0, from, until: range?.until }]);
    expect(ours.map(textOf)).toEqual(all.filter(({ offset }) => offset >= from).map(textOf));
  }
});

test('ends where a transaction is open, and reads it when it is committed', async () => {
  const topic = await createTopic('reader');
  const transactional = kafkaOf(client).producer({
    idempotent: true,
    transactionalId: uniqueName('transaction'),
  });
  await transactional.connect();
  const transaction = await transactional.transaction();
  await transaction.send({ topic, messages: [{ value: 'open' }] });
  await producer.send([outgoing(topic, 'k', 'behind it')]);
  expect(await reader.offsets([topic], 'latest')).toMatchObject([{ topic, partition: 0, offset: 0n }]);
  const reading = readRanges([{ topic, partition: 0, from: 0n, until: 2n }]);
  await transaction.commit();
  expect((await reading).map(textOf)).toEqual(['open', 'behind it']);
  await transactional.disconnect();
});

test('passes over what compaction has removed', async () => {
  const topic = await createTopic('reader', 1, {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'segment.ms': '100',
    'delete.retention.ms': '0',
  });
  for (let round = 0; round < 10; round++) await producer.send(numbered(topic, 100, round * 100));
  await until(
    async () => {
      await producer.send(numbered(topic, 1)); // segments are closed only when something is written
      return (await rangesOf(topic).then((ranges) => readRanges(ranges))).length < 500;
    },
    { what: 'compaction' },
  );
  // While it goes on, the two may see different things.
  const count = await until(() => expectSameAsKafkajs(topic), { what: 'both to read the same' });
  expect(count).toBeLessThan(500);
});

test('goes on with what comes, until it is aborted', async () => {
  const topic = await createTopic('reader', 3);
  await producer.send(numbered(topic, 100));
  const ranges = (await rangesOf(topic)).map(({ until: _, ...range }) => range);
  const abort = new AbortController();
  const values = new Set<string>();
  async function follow() {
    for await (const records of reader.read(ranges, { signal: abort.signal })) {
      while (records.next()) values.add(String(records.value()));
    }
  }
  const following = follow();
  await until(() => values.size === 100);
  await producer.send(numbered(topic, 100, 100));
  await until(() => values.size === 200);
  abort.abort(new Error('enough'));
  await expect(following).rejects.toThrow('enough');
});

test('goes on with the next leader, again and again, and misses and repeats nothing', async () => {
  const topic = uniqueName('reader');
  const ledBy = (replica: number) =>
    until(
      async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]?.partitions[0]?.leader === replica;
      },
      { what: `${replica} to lead` },
    );
  await admin.createTopics({
    // kafkajs gives up when it asks a broker that has not heard of the topic yet.
    waitForLeaders: false,
    topics: [
      {
        topic,
        replicaAssignment: [{ partition: 0, replicas: [1] }],
        configEntries: [{ name: 'min.insync.replicas', value: '1' }],
      },
    ],
  });
  await ledBy(1);
  const following = followNumbers(topic);
  for (const [round, replica] of [2, 3, 1, 2].entries()) {
    await producer.send(numbered(topic, 100, round * 100));
    await admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 0, replicas: [replica] }] }],
    });
    await ledBy(replica);
  }
  await producer.send(numbered(topic, 100, 400));
  await following.until(500);
});

test('connects anew when connections break, also in the middle of an answer', async () => {
  const sockets = new Set<Socket>();
  const remember = ({ connection }: { connection?: { socket?: Socket } }) => {
    if (connection?.socket) sockets.add(connection.socket);
  };
  connectionsConnectsChannel.asyncEnd.subscribe(remember as never);
  const topic = await createTopic('reader', 1);
  await using own = createReader({ client, log });
  const following = followNumbers(topic, own);
  for (let round = 0; round < 10; round++) {
    const open = sockets.size;
    await producer.send(numbered(topic, 100, round * 100));
    await until(() => sockets.size > 0);
    for (const socket of sockets) socket.destroy();
    await until(() => sockets.size > open);
  }
  await following.until(1_000);
  connectionsConnectsChannel.asyncEnd.unsubscribe(remember as never);
});

test('finds the offsets for a time', async () => {
  const topic = await createTopic('reader');
  await producer.send(
    [1, 2, 3].map((n) => ({ ...outgoing(topic, 'k', `${n}`), timestamp: new Date(n * 1_000) })),
  );
  const at = async (ms: number) => (await reader.offsets([topic], new Date(ms))).map(({ offset }) => offset);
  expect(await at(0)).toEqual([0n]);
  expect(await at(1_001)).toEqual([1n]);
  expect(await at(3_000)).toEqual([2n]);
  expect(await at(3_001)).toEqual([3n]);
});

test('tells how far a group is, for those who look at its lag', async () => {
  const [topic, group] = [await createTopic('reader', 2), uniqueName('projection')];
  await producer.send(numbered(topic, 100));
  await until(
    // Nobody coordinates a group of which the brokers have not heard yet.
    () => reader.commit(group, [{ topic, partition: 0, offset: 3n }]).then(() => true),
    { what: 'the coordinator' },
  );
  await reader.commit(group, [{ topic, partition: 1, offset: 5n }]);
  await using lags = createAdmin({ client, log });
  const committed = (await lags.groupLag(group)).map(({ partition, committed }) => [partition, committed]);
  expect(committed.toSorted()).toEqual([
    [0, 3n],
    [1, 5n],
  ]);
});

test('does not tell so of a group that has members, who know better', async () => {
  const [topic, group] = [await createTopic('reader'), uniqueName('members')];
  // To leave, it waits for the fetch that it has under way.
  const member = kafkaOf(client).consumer({ groupId: group, maxWaitTimeInMs: 100 });
  await member.connect();
  await member.subscribe({ topic });
  const joined = new Promise((resolve) => member.on(member.events.GROUP_JOIN, resolve));
  await member.run({ eachMessage: async () => {} });
  await joined;
  await expect(reader.commit(group, [{ topic, partition: 0, offset: 0n }])).rejects.toThrow(ReadRefusedError);
  await member.disconnect();
});

test('says what there is when the next record was deleted, or there never was one', async () => {
  const topic = await createTopic('reader');
  await producer.send(numbered(topic, 20));
  await admin.fetchTopicOffsets(topic); // kafkajs does not ask by itself who leads it
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '12' }] });
  expect(await reader.offsets([topic], 'earliest')).toMatchObject([{ topic, partition: 0, offset: 12n }]);
  const outOfRange = (from: bigint) => readRanges([{ topic, partition: 0, from, until: 100n }]);
  await expect(outOfRange(3n)).rejects.toThrow(OffsetOutOfRangeError);
  await expect(outOfRange(3n)).rejects.toThrow(
    `Offset 3 of ${topic}/0 can't be read: what came next was deleted, and it begins at 12.`,
  );
  await expect(outOfRange(21n)).rejects.toThrow("can't be read: the log is shorter than that.");
});

test('says so when the topic is another one than the one it began with', async () => {
  const topic = await createTopic('reader');
  await producer.send(numbered(topic, 20));
  let read = 0;
  async function follow() {
    for await (const records of reader.read([{ topic, partition: 0, from: 0n }]))
      while (records.next()) read++;
  }
  const following = follow();
  const outcome = following.catch((error: unknown) => error);
  await until(() => read === 20);
  await admin.deleteTopics({ topics: [topic] });
  const error = await outcome;
  expect(error instanceof TopicMissingError || error instanceof LogTruncatedError).toBe(true);
});

test('says so when the topic is another one than the one that its offsets are of, and has as many records', async () => {
  const topic = await createTopic('reader');
  await producer.send(numbered(topic, 5));
  const topicId = (await reader.topicIds([topic])).get(topic);
  const range = { topic, partition: 0, from: 3n, until: 5n, topicId };
  expect(await readRanges([range])).toHaveLength(2);

  await admin.deleteTopics({ topics: [topic] });
  await until(async () => !(await admin.listTopics()).includes(topic));
  await createTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }]);
  await using late = createProducer({ client, log });
  await late.start();
  await late.send(numbered(topic, 20));
  await expect(readRanges([range])).rejects.toThrow(LogTruncatedError);
});

test('refuses topics and partitions that there are not', async () => {
  const topic = await createTopic('reader');
  const nowhere = uniqueName('nowhere');
  await expect(reader.offsets([nowhere], 'latest')).rejects.toThrow(TopicMissingError);
  await expect(readRanges([{ topic: nowhere, partition: 0, from: 0n }])).rejects.toThrow(TopicMissingError);
  await expect(readRanges([{ topic, partition: 1, from: 0n }])).rejects.toThrow(ReadRefusedError);
});
