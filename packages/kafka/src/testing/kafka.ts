import { deadLetterTopic } from '@brew/events';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import type { KafkaMessage } from 'kafkajs';
import { type Logger, pino } from 'pino';
import { kafkaOf } from '../adapters/kafkajs/kafka.ts';
import { createKafkaClient, type KafkaClient, type KafkaClientOptions } from '../client.ts';
import { createInspector } from '../inspect.ts';
import type { OutgoingRecord, ReceivedRecord } from '../record.ts';
import { createTopics } from './createTopics.ts';
import { readAll as readTopics } from './readAll.ts';

/** Silent unless KAFKA_TEST_LOG sets a level. For this package's own tests. */
export const log: Logger = pino({ level: process.env.KAFKA_TEST_LOG ?? 'silent' });

export const clientOf = (
  via?: KafkaClientOptions['via'],
  options: Pick<KafkaClientOptions, 'library' | 'compression'> = {},
): KafkaClient =>
  createKafkaClient({
    brokers: infrastructure().brokers,
    clientId: 'test',
    log,
    ...(via && { via }),
    ...options,
  });

/** Makes a topic that no other test knows. @param replicas see createTopics */
export async function createTopic(
  prefix: string,
  partitions = 1,
  config: Record<string, string> = {},
  replicas?: number,
) {
  const name = uniqueName(prefix);
  // Some tests write records of 1970: a test that takes long enough would lose them to retention.
  const all = { 'retention.ms': '-1', ...config };
  await createTopics([{ name, partitions, replicationFactor: 3, config: all }], replicas);
  return name;
}

/** Makes the topic of a group's dead letters. */
export async function createDeadLetterTopic(group: string): Promise<string> {
  const name = `${group}.dlq`;
  // Like the real one, but for what takes three brokers.
  const { 'min.insync.replicas': _, ...config } = deadLetterTopic(group).config;
  await createTopics([{ name, partitions: 1, replicationFactor: 3, config }]);
  return name;
}

/** Everything that is in a topic now. */
export const readAll = (topic: string): Promise<ReceivedRecord[]> => readTopics(clientOf(), [topic]);

/** The same as kafkajs reads it with code of its own, for comparison with what we read. */
export async function readByKafkajs(topic: string): Promise<ReceivedRecord[]> {
  const admin = kafkaOf(clientOf()).admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const left = new Map(ends.filter(({ low, high }) => low !== high).map((end) => [end.partition, end.high]));
  const all: ReceivedRecord[] = [];
  const consumer = kafkaOf(clientOf()).consumer({ groupId: uniqueName('kafkajs') });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const done = Promise.withResolvers<void>();
  if (left.size === 0) done.resolve();
  consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (BigInt(payload.lastOffset) + 1n >= BigInt(left.get(payload.partition) ?? 0n))
      left.delete(payload.partition);
    if (left.size === 0) done.resolve();
  });
  await consumer.run({
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) =>
      void all.push(...batch.messages.map((message) => receivedBy(topic, batch.partition, message))),
  });
  await done.promise.finally(() => consumer.disconnect());
  return all;
}

function receivedBy(topic: string, partition: number, message: KafkaMessage): ReceivedRecord {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, values]) => {
    const last = [values].flat().at(-1);
    return last === undefined || last === null ? [] : [[name, String(last)]];
  });
  return {
    ...{ topic, partition, offset: BigInt(message.offset), value: message.value },
    key: message.key?.toString() ?? null,
    headers: Object.assign(Object.create(null), Object.fromEntries(headers)),
    timestamp: new Date(Number(message.timestamp)),
  };
}

export const outgoing = (topic: string, key: string, value: string): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(value),
  headers: { h: value },
});

export const textOf = (record: ReceivedRecord): string => record.value?.toString() ?? '';

/** Who is in a group at the moment, of either protocol. @throws GroupMissingError */
export async function memberIdsOf(group: string): Promise<string[]> {
  await using inspector = createInspector({ client: clientOf() });
  const { members } = await inspector.group(group);
  return members.map(({ memberId }) => memberId).sort();
}
