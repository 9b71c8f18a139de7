import { runKafkaTool } from '@brew/sandbox';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createAdmin } from '../../admin.ts';
import { createKafkaClient, optionsOf } from '../../client.ts';
import { partitionOf } from '../../partitionOf.ts';
import { createProducer, type Producer } from '../../producer.ts';
import type { OutgoingRecord, ReceivedRecord } from '../../record.ts';
import { createTopics } from '../../testing/createTopics.ts';
import { clientOf, createTopic, log, outgoing, readAll, textOf } from '../../testing/kafka.ts';
import { createNetwork, isProduce, type Network } from '../../testing/network.ts';
import { kafkaOf } from '../kafkajs/kafka.ts';

const library = 'platformatic';
let network: Network;
let producer: Producer;

beforeEach(async () => {
  network = createNetwork();
  producer = createProducer({ client: clientOf(network.via, { library }), log });
  await producer.start();
});
afterEach(async () => {
  await producer.stop();
  await network.stop();
});

/** Larger than what is sent at once, over so many keys. */
const records = (topic: string, count: number, keys: number): OutgoingRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    ...outgoing(topic, `key-${i % keys}`, `${i}`),
    rawHeaders: [['filling', Buffer.alloc(200)]],
  }));

/** The values of each key, in the order of the log. */
function perKey(all: readonly (OutgoingRecord | ReceivedRecord)[]): Record<string, string[]> {
  const groups = Map.groupBy(all, ({ key }) => String(key));
  return Object.fromEntries([...groups].map(([key, of]) => [key, of.map(({ value }) => String(value))]));
}

test('writes 20,000 records once and in order over a network that loses one answer in five', async () => {
  const topic = await createTopic('sender-lost', 3);
  let answers = 0;
  network.losesAnswer = (apiKey) => isProduce(apiKey) && ++answers % 5 === 0;
  const sent = records(topic, 20_000, 40);
  await producer.send(sent);
  expect(network.lost).toBeGreaterThan(3);
  expect(perKey(await readAll(topic))).toEqual(perKey(sent));
});

test('writes nothing behind a record that is refused before the brokers know the sender', async () => {
  const topic = await createTopic('sender-first', 1);
  const sent = records(topic, 10_000, 20);
  const large = { ...outgoing(topic, 'key-7', ''), value: Buffer.alloc(1_100_000) };
  sent.splice(7, 1, large);
  const { refused, withheld } = await producer.offer(sent);
  expect([...refused.values()]).toEqual(['MESSAGE_TOO_LARGE']);
  expect(withheld).toEqual(sent.slice(8).filter(({ key }) => key === 'key-7'));
  expect(perKey(await readAll(topic))).toEqual(perKey(sent.filter(({ key }) => key !== 'key-7')));
});

test('writes all but what is refused, once and in order, whatever is under way behind it', async () => {
  const topic = await createTopic('sender-midst', 2);
  const sent = records(topic, 15_000, 20);
  const large = [4_000, 4_001, 9_000, 14_000].map((at, i) => {
    const record = { ...outgoing(topic, `key-${i}`, ''), value: Buffer.alloc(1_100_000 + i) };
    sent.splice(at, 1, record);
    return record;
  });
  const { refused, withheld } = await producer.offer(sent);
  expect([...refused.keys()]).toEqual(large);
  const firstLarge = new Map(large.map((record) => [record.key, sent.indexOf(record)]));
  const behind = sent.filter(({ key }, at) => at > (firstLarge.get(key) ?? Number.POSITIVE_INFINITY));
  expect(perKey(withheld)).toEqual(perKey(behind));
  const missing = new Set([...large, ...behind]);
  expect(perKey(await readAll(topic))).toEqual(perKey(sent.filter((record) => !missing.has(record))));
});

test('loses nothing of what it sends to partitions of a topic that was made anew while it had nothing for them', async () => {
  const topic = await createTopic('sender-anew', 6);
  const keys = Array.from({ length: 6 }, (_, partition) => keyFor(partition, 6));
  await producer.send([outgoing(topic, keys[5] ?? '', 'it knows the topic')]);
  await makeAnew(topic, 6);
  const sent: OutgoingRecord[] = [];
  for (let n = 0; n < 5; n++) {
    const batch = keys.map((key) => outgoing(topic, key, `${n}`));
    sent.push(...batch);
    await producer.send(batch);
  }
  const there = perKey(await readAll(topic));
  for (const [key, values] of Object.entries(perKey(sent))) expect([...new Set(there[key])]).toEqual(values); // what was sent before it knew may be there twice
});

/** A key that belongs to a partition. */
function keyFor(partition: number, partitions: number): string {
  for (let n = 0; ; n++) if (partitionOf(`key-${n}`, partitions) === partition) return `key-${n}`;
}

/** With leaders on other brokers, as a rule. */
async function makeAnew(name: string, partitions: number): Promise<void> {
  await using admin = createAdmin({ client: clientOf(), log });
  await admin.removeTopic(name);
  await createTopics([{ name, partitions, replicationFactor: 3, config: {} }]);
}

test('goes on with a topic that gets more partitions', async () => {
  const topic = await createTopic('sender-more', 1);
  const sent = records(topic, 300, 30);
  await producer.send(sent.slice(0, 100));
  const admin = kafkaOf(clientOf()).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await until(async () => (await admin.fetchTopicOffsets(topic)).length === 4);
  await admin.disconnect();
  await producer.send(sent.slice(100, 200));
  await using late = createProducer({ client: clientOf(undefined, { library }), log });
  await late.start();
  await late.send(sent.slice(200));
  const all = await readAll(topic);
  expect(all.map(textOf).toSorted()).toEqual(sent.map(({ value }) => String(value)).toSorted());
  expect(new Set(all.map(({ partition }) => partition)).size).toBe(4);
});

test('spreads records without a key', async () => {
  const topic = await createTopic('sender-keyless', 3);
  for (let i = 0; i < 6; i++) await producer.send([{ ...outgoing(topic, '', `${i}`), key: null }]);
  const partitions = (await readAll(topic)).map(({ partition }) => partition);
  expect(partitions.toSorted()).toEqual([0, 0, 1, 1, 2, 2]);
});

test('keeps to a quota, and loses nothing by it', async () => {
  const topic = await createTopic('sender-quota', 3);
  const clientId = uniqueName('slow');
  const { brokers } = infrastructure();
  await runKafkaTool('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', brokers.join(), '--alter', '--add-config', 'producer_byte_rate=300000'],
    ...['--entity-type', 'clients', '--entity-name', clientId],
  ]);
  const client = createKafkaClient({ ...optionsOf(clientOf(undefined, { library })), clientId });
  await using slow = createProducer({ client, log });
  await slow.start();
  const sent = records(topic, 8_000, 10);
  await slow.send(sent);
  expect(perKey(await readAll(topic))).toEqual(perKey(sent));
});

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
  "writes what Kafka's own consumer reads, with %s",
  async (compression) => {
    const topic = await createTopic('sender-codec', 1);
    await using packing = createProducer({ client: clientOf(undefined, { library, compression }), log });
    await packing.start();
    const sent = Array.from({ length: 500 }, (_, i) => ({
      ...outgoing(topic, `k${i}`, `ü${i} `.repeat((i * i) % 700)),
      headers: { a: `${i}`, b: ['once', 'twice'] },
    }));
    await packing.send(sent);
    const output = await runKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', infrastructure().brokers.join(), '--topic', topic, '--from-beginning'],
      ...['--max-messages', '500', '--formatter-property', 'print.key=true'],
      ...['--formatter-property', 'print.headers=true'],
    ]);
    const lines = sent.map(({ key, value }, i) => `a:${i},b:once,b:twice\t${key}\t${value}`);
    expect(output.split('\n').filter((line) => line.startsWith('a:'))).toEqual(lines);
    expect(perKey(await readAll(topic))).toEqual(perKey(sent));
  },
);
