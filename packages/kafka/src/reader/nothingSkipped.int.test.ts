import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKafkaClient, kafkaOf } from '../client.ts';
import { createProducer } from '../producer.ts';
import { createReader } from '../reader.ts';
import { clientOf, createTopic, log, outgoing } from '../testing/kafka.ts';
import { createBrokers } from '../wire/brokers.ts';
import { alterClientQuotasV1 } from '../wire/protocol.ts';

const producer = createProducer({ client: clientOf(), log });
beforeAll(() => producer.start());
afterAll(() => producer.stop());

const clientId = 'held-to-a-quota';
const client = createKafkaClient({ brokers: infrastructure().brokers, clientId, log });

/** Lets this client fetch so many bytes a second of each broker. */
async function holdTo(bytesPerSecond: number): Promise<void> {
  const brokers = createBrokers(clientOf());
  const entities = [{ entityType: 'client-id', entityName: clientId }] as const;
  const ops = [{ key: 'consumer_byte_rate', value: bytesPerSecond, remove: false }] as const;
  await brokers.ask('set a quota', (connection) =>
    alterClientQuotasV1.api.async(connection, [{ entities: [...entities], ops: [...ops] }], false),
  );
  await brokers.close();
}

test('reads everything, however long a quota makes it wait', async () => {
  const topic = await createTopic('quota', 3);
  // More at once than the eleven seconds for which a broker lets a client save up.
  await holdTo(25_000);
  const value = 'x'.repeat(1_000);
  await producer.send(Array.from({ length: 1_500 }, (_, i) => outgoing(topic, `k${i}`, value)));
  await using reader = createReader({ client, log });
  const ends = await reader.offsets([topic], 'latest');
  let read = 0;
  const ranges = ends.map(({ partition, offset }) => ({ topic, partition, from: 0n, until: offset }));
  const begun = performance.now();
  for await (const records of reader.read(ranges)) while (records.next()) read++;
  expect(read).toBe(1_500);
  // Or it was not held to anything, and nothing is shown.
  expect(performance.now() - begun).toBeGreaterThan(2_000);
});

test('reads the partitions that a topic is given meanwhile, from their first record on', async () => {
  const topic = await createTopic('grows', 1);
  await using reader = createReader({ client: clientOf(), log });
  const values: string[] = [];
  const stop = new AbortController();
  async function follow() {
    const ranges = [{ topic, partition: 0, from: 0n }];
    for await (const records of reader.read(ranges, { signal: stop.signal })) {
      while (records.next()) values.push(`${records.partition} ${records.value()}`);
    }
  }
  const following = follow().catch((error: unknown) => error);
  const admin = kafkaOf(clientOf()).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await admin.disconnect();
  const fresh = createProducer({ client: clientOf(), log });
  await fresh.start();
  const sent = Array.from({ length: 40 }, (_, i) => `${i}`);
  await until(async () => {
    await fresh.send(sent.map((i) => outgoing(topic, i, i)));
    return new Set(values.map((value) => value.split(' ')[0])).size === 4;
  });
  stop.abort(new Error('enough'));
  await following;
  await fresh.stop();
  const partitions = Map.groupBy(values, (value) => value.split(' ')[0]);
  // Of each partition also the first one.
  await using again = createReader({ client: clientOf(), log });
  for (const { partition } of await again.offsets([topic], 'latest')) {
    for await (const records of again.read([{ topic, partition, from: 0n, until: 1n }])) {
      records.next();
      expect(partitions.get(String(partition))?.[0]).toBe(`${partition} ${records.value()}`);
    }
  }
});
