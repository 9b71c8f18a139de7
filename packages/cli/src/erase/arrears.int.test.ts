import { createAdmin, createKafkaClient, createProducer } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { createTopics } from '@brew/kafka/testing';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { unreadBy } from './arrears.ts';

const { brokers } = infrastructure();
const log = pino({ level: 'silent' });
const { signal } = new AbortController();

it('counts what a group has not read of a topic, also one that has never committed', async () => {
  const [topic, group] = [uniqueName('names'), uniqueName('learner')];
  await createTopics([{ name: topic, partitions: 2, replicationFactor: 3, config: {} }]);
  const client = createKafkaClient({ brokers, clientId: 'test', log });
  await using producer = createProducer({ client, log });
  await producer.start();
  const unread = (patienceMs: number) => unreadBy(group, topic, { brokers }, signal, patienceMs);
  expect(await unread(0)).toBe(0);
  await producer.send(
    Array.from({ length: 10 }, (_, i) => ({ topic, key: `k${i}`, value: Buffer.from('v'), headers: {} })),
  );
  expect(await unread(0)).toBe(10);

  await using admin = createAdmin({ client, log });
  await using reader = createReader({ client, log });
  const ends = (await admin.topicOffsets(topic)).map(({ partition, latest }) => ({ partition, latest }));
  const commit = (behind: bigint) =>
    reader.commit(
      group,
      ends.map(({ partition, latest }) => ({ topic, partition, offset: latest - behind })),
    );
  await commit(1n);
  expect(await unread(0)).toBe(2);
  // A group that gets on is waited for.
  const waiting = unread(60_000);
  await commit(0n);
  expect(await waiting).toBe(0);
});
