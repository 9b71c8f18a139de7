import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { kafkaOf } from '../adapters/kafkajs/kafka.ts';
import { createKafkaClient } from '../client.ts';
import { createProducer } from '../producer.ts';
import { createReader } from '../reader.ts';
import { setClientQuota } from '../testing/clientQuota.ts';
import { clientOf, createTopic, log, outgoing } from '../testing/kafka.ts';

const producer = createProducer({ client: clientOf(), log });
beforeAll(() => producer.start());
afterAll(() => producer.stop());

const clientId = 'held-to-a-quota';
const client = createKafkaClient({ brokers: infrastructure().brokers, clientId, log });

test('reads everything, however long a quota makes it wait', async () => {
  const topic = await createTopic('quota', 3);
  // More at once than the eleven seconds for which a broker lets a client save up.
  await setClientQuota(clientId, { consumer: 25_000 });
  const value = 'x'.repeat(1_000);
  // In batches of some 100 KB: one that is larger than what may be saved up would never be handed out.
  for (let from = 0; from < 1_500; from += 300)
    await producer.send(Array.from({ length: 300 }, (_, i) => outgoing(topic, `k${from + i}`, value)));
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

test('tells of a quota that no batch comes through, and goes on once it is raised', async () => {
  const clientId = 'starved';
  const topic = await createTopic('starved', 1);
  await producer.send(Array.from({ length: 130 }, (_, i) => outgoing(topic, 'k', `${i}`.padEnd(1_000, 'x'))));
  await setClientQuota(clientId, { consumer: 10_000 });
  const lines: string[] = [];
  const told = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  const client = createKafkaClient({ brokers: infrastructure().brokers, clientId, log });
  await using reader = createReader({ client, log: told });
  let read = 0;
  const reading = (async () => {
    for await (const records of reader.read([{ topic, partition: 0, from: 0n, until: 130n }]))
      while (records.next()) read++;
  })();
  await until(() => lines.some((line) => line.includes('consumer_byte_rate')), {
    what: 'a line that tells of it',
  });
  expect(read).toBe(0);
  await setClientQuota(clientId, { consumer: 10_000_000 });
  await reading;
  expect(read).toBe(130);
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
