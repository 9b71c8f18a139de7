import { createServer, type Socket } from 'node:net';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, expect, test } from '@jest/globals';
import { createAdmin } from './admin.ts';
import { createKafkaClient } from './client.ts';
import { createConsumer } from './consumer.ts';
import { BrokerUnavailableError, TopicMissingError } from './errors.ts';
import { createProducer } from './producer.ts';
import { clientOf, createTopic, log, outgoing } from './testing/kafka.ts';

const client = clientOf();
const admin = createAdmin({ client, log });
afterAll(() => admin.close());

const declared = (name: string) => ({
  name,
  partitions: 2,
  replicationFactor: 3 as const,
  config: { 'retention.ms': '3600000', 'min.insync.replicas': '2' },
});

test('creates a declared topic once, and then finds it as declared', async () => {
  const topic = declared(uniqueName('admin'));
  expect(await admin.ensureTopics([topic])).toEqual([
    { topic: topic.name, outcome: 'created', differences: [] },
  ]);
  expect(await admin.ensureTopics([topic])).toEqual([
    { topic: topic.name, outcome: 'exists', differences: [] },
  ]);
  const [description] = await admin.describeTopics([topic.name]);
  expect(description?.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
  expect(description?.partitions[0]?.replicas).toHaveLength(3);
});

test('says how a topic differs, and leaves it as it is', async () => {
  const topic = declared(uniqueName('admin'));
  await admin.ensureTopics([topic]);
  const changed = { ...topic, partitions: 3, config: { ...topic.config, 'retention.ms': '7200000' } };
  expect(await admin.ensureTopics([changed])).toEqual([
    {
      topic: topic.name,
      outcome: 'differs',
      differences: [
        'it has 2 partitions, declared are 3',
        'its retention.ms is 3600000, declared is 7200000',
      ],
    },
  ]);
  expect((await admin.describeTopics([topic.name]))[0]?.partitions).toHaveLength(2);
});

test('compares topics with their declaration, and creates none', async () => {
  const [there, missing] = [declared(uniqueName('admin')), declared(uniqueName('admin'))];
  await admin.ensureTopics([there]);
  const outcomes = async () => (await admin.compareTopics([there, missing])).map(({ outcome }) => outcome);
  expect(await outcomes()).toEqual(['exists', 'missing']);
  expect(await outcomes()).toEqual(['exists', 'missing']);
});

test.each([
  [{ name: 'bad name!' }, /^Kafka refuses to create the topic bad name!: INVALID_TOPIC_EXCEPTION, .*\.$/],
  [{ config: { 'retention.msx': '1' } }, /: INVALID_CONFIG, .*retention\.msx.*\.$/],
])('says what Kafka says of a topic that it will not create: %j', async (odd, message) => {
  const refused = admin.ensureTopics([{ ...declared(uniqueName('admin')), ...odd }]);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toMatchObject({ code: 'BREW_TOPIC_REFUSED', retryable: false });
});

test('creates topics from two sides at once', async () => {
  const topic = declared(uniqueName('admin'));
  await using other = createAdmin({ client, log });
  const outcomes = await Promise.all([admin.ensureTopics([topic]), other.ensureTopics([topic])]);
  expect(outcomes.map((each) => each.map(({ outcome }) => outcome !== 'differs'))).toEqual([[true], [true]]);
});

test('creates a topic again while some brokers still list the one that was deleted', async () => {
  const topic = declared(uniqueName('admin'));
  // Each asks another broker, and none has heard of it at the same time.
  const others = Array.from({ length: 4 }, () => createAdmin({ client: clientOf(), log }));
  for (let round = 0; round < 10; round++) {
    await admin.ensureTopics([topic]);
    const [, ...outcomes] = await Promise.all([
      admin.removeTopic(topic.name),
      ...others.map((other) => other.ensureTopics([topic])),
    ]);
    expect(outcomes.flat()).toHaveLength(others.length);
  }
  await Promise.all(others.map((other) => other.close()));
});

test('creates a topic that was deleted a moment ago, whichever broker is asked', async () => {
  const topic = declared(uniqueName('admin'));
  const asked = infrastructure().brokers.map((broker) =>
    createAdmin({ client: createKafkaClient({ brokers: [broker], clientId: 'test', log }), log }),
  );
  for (let round = 0; round < 10; round++)
    for (const each of asked) {
      expect(await each.ensureTopics([topic])).toMatchObject([{ outcome: 'created' }]);
      await admin.removeTopic(topic.name);
    }
  await Promise.all(asked.map((each) => each.close()));
});

test('describes the cluster', async () => {
  const cluster = await admin.waitForBrokers(infrastructure().brokers.length);
  expect(cluster.clusterId).toMatch(/^[\w-]{22}$/);
  expect(cluster.brokers.map(({ host, port }) => `${host}:${port}`).sort()).toEqual(
    infrastructure().brokers.sort(),
  );
  expect(cluster.brokers.map(({ nodeId }) => nodeId)).toContain(cluster.controllerProxy);
});

test('tells offsets and how far a group is behind', async () => {
  const topic = await createTopic('admin-lag', 2);
  const group = uniqueName('lag');
  await using producer = createProducer({ client, log });
  await producer.start();
  await producer.send(['a', 'b', 'c', 'd', 'e'].map((key) => outgoing(topic, key, key)));
  const offsets = await admin.topicOffsets(topic);
  expect(offsets.map(({ partition, earliest }) => [partition, earliest])).toEqual([
    [0, 0n],
    [1, 0n],
  ]);
  expect(offsets.reduce((sum, { latest }) => sum + latest, 0n)).toBe(5n);
  // The first question about any group has the cluster make the topic of offsets.
  await until(async () => (await admin.groupLag(group)).length === 0, { what: 'the coordinator' });

  await using consumer = createConsumer({
    client,
    group,
    topics: [topic],
    from: 'beginning',
    process: async () => undefined,
    deadLetters: {
      behindParked: async () => new Set(),
      park: async () => new Set(),
      tell: async () => undefined,
      isDiscarded: async () => false,
    },
    log,
  });
  await consumer.start();
  await until(
    async () => {
      const lags = await admin.groupLag(group);
      return lags.length === 2 && lags.every(({ lag }) => lag === 0n);
    },
    { what: 'the group to have committed everything' },
  );
  await consumer.stop();

  await producer.send(['a', 'b', 'c'].map((key) => outgoing(topic, key, key)));
  const lags = await admin.groupLag(group);
  expect(lags.reduce((sum, { lag }) => sum + lag, 0n)).toBe(3n);
  for (const { committed, latest, lag } of lags) expect(latest - (committed ?? 0n)).toBe(lag);
});

test('answers several questions that come while it connects', async () => {
  const names = await Promise.all(Array.from({ length: 6 }, () => createTopic('admin', 3)));
  for (let n = 0; n < 30; n++) {
    await using fresh = createAdmin({ client, log });
    const answers = await Promise.all(names.map((name) => fresh.topicOffsets(name)));
    expect(answers.map((offsets) => offsets.length)).toEqual(names.map(() => 3));
  }
});

test('removes topics and groups, also those that there are not', async () => {
  const topic = await createTopic('admin-remove');
  const group = uniqueName('forgotten');
  await using consumer = createConsumer({
    client,
    group,
    topics: [topic],
    from: 'now',
    process: async () => undefined,
    deadLetters: {
      behindParked: async () => new Set(),
      park: async () => new Set(),
      tell: async () => undefined,
      isDiscarded: async () => false,
    },
    log,
  });
  await consumer.start();
  await until(async () => (await admin.groupLag(group)).length === 1, { what: 'the first offset' });
  const forgotten = admin.forgetGroup(group);
  // It waits for members to leave; those that run are not its business.
  await consumer.stop();
  await forgotten;
  expect(await admin.groupLag(group)).toEqual([]);
  await admin.forgetGroup(group);

  await admin.removeTopic(topic);
  await until(async () => (await admin.describeTopics()).every(({ name }) => name !== topic), {
    what: 'the topic to be gone',
  });
  await admin.removeTopic(topic);
});

test('says that a topic is missing', async () => {
  await expect(admin.topicOffsets(uniqueName('nowhere'))).rejects.toThrow(TopicMissingError);
});

test('says that no broker answers', async () => {
  const nowhere = createKafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'test', log });
  await using lost = createAdmin({ client: nowhere, log });
  await expect(lost.describeCluster()).rejects.toThrow(BrokerUnavailableError);
  await expect(lost.waitForBrokers(3, AbortSignal.timeout(200))).rejects.toThrow('timeout');
});

test('begins with the next address when somebody is there who does not answer', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    socket.on('error', () => undefined); // whoever gives up resets it
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const brokers = [`127.0.0.1:${port}`, ...infrastructure().brokers];
  await using asking = createAdmin({ client: createKafkaClient({ brokers, clientId: 'test', log }), log });
  expect((await asking.describeCluster()).brokers).toHaveLength(3);
  expect(sockets).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
  silent.close();
});
