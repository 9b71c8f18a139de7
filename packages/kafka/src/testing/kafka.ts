import { deadLetterTopic } from '@brew/events';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { type Logger, pino } from 'pino';
import { createKafkaClient, type KafkaClient, type KafkaClientOptions, kafkaOf } from '../client.ts';
import { createFollower } from '../follower.ts';
import type { OutgoingRecord, ReceivedRecord } from '../record.ts';
import { createTopics } from './createTopics.ts';
import { readAll as readTopics } from './readAll.ts';

/** Silent unless KAFKA_TEST_LOG sets a level. For this package's own tests. */
export const log: Logger = pino({ level: process.env.KAFKA_TEST_LOG ?? 'silent' });

export const clientOf = (connect?: KafkaClientOptions['connect']): KafkaClient =>
  createKafkaClient({
    brokers: infrastructure().brokers,
    clientId: 'test',
    log,
    ...(connect && { connect }),
  });

/** Makes a topic that no other test knows. @param replicas see createTopics */
export async function createTopic(
  prefix: string,
  partitions = 1,
  config: Record<string, string> = {},
  replicas?: number,
) {
  const name = uniqueName(prefix);
  await createTopics([{ name, partitions, replicationFactor: 3, config }], replicas);
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

/** The same as kafkajs reads it, for comparison with what our own reader does. */
export async function readByKafkajs(topic: string): Promise<ReceivedRecord[]> {
  const all: ReceivedRecord[] = [];
  await using follower = createFollower({
    client: clientOf(),
    name: 'test.reader',
    topics: [topic],
    from: 'beginning',
    onRecords: (records) => void all.push(...records),
    log,
  });
  await follower.start();
  await follower.whenCaughtUp();
  return all;
}

export const outgoing = (topic: string, key: string, value: string): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(value),
  headers: { h: value },
});

export const textOf = (record: ReceivedRecord): string => record.value?.toString() ?? '';

/** Who is in a group at the moment. */
export async function memberIdsOf(group: string): Promise<string[]> {
  const admin = kafkaOf(clientOf()).admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([group]);
  await admin.disconnect();
  return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId)).sort();
}
