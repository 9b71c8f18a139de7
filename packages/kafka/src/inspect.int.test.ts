import { startKafkaTool } from '@brew/sandbox';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { BrokerUnavailableError, GroupMissingError, TopicMissingError } from './errors.ts';
import { listGroups } from './inspect/groups.ts';
import { offsetRanges, replicaSizes } from './inspect/topics.ts';
import { createInspector, partitionKey } from './inspect.ts';
import { partitionOf } from './partitionOf.ts';
import { createProducer, type Placement } from './producer.ts';
import { createCluster } from './reader/cluster.ts';
import { clientOf, createTopic, log, outgoing } from './testing/kafka.ts';
import { type Brokers, createBrokers } from './wire/brokers.ts';

const client = clientOf();
const inspector = createInspector({ client });
const placements: Placement[] = [];
const producer = createProducer({ client, log, onPlaced: (placed) => placements.push(...placed) });
const admin = kafkaOf(client).admin();
const group = uniqueName('group');
const consumer = kafkaOf(client).consumer({ groupId: group });
let topic: string;

/** One key, so one partition: ten records, a second apart. */
const partition = partitionOf('k', 3);
const timeOf = (index: number) => new Date(1_700_000_000_000 + index * 1_000);

beforeAll(async () => {
  await Promise.all([producer.start(), admin.connect()]);
  topic = await createTopic('inspect', 3, { 'retention.ms': '-1', 'min.insync.replicas': '2' }, 3);
  await producer.send(
    Array.from({ length: 10 }, (_, i) => ({ ...outgoing(topic, 'k', `${i}`), timestamp: timeOf(i) })),
  );
});
afterAll(() => Promise.all([inspector.close(), producer.stop(), admin.disconnect(), consumer.disconnect()]));

test('tells where records went, and that is the partition of their key', async () => {
  expect(placements).toEqual([{ topic, partition, from: 0n, count: 10 }]);
  for (const key of ['a', 'order-1', 'ü', '0190a5c8-7b1e-7a40-8000-000000000001']) {
    placements.length = 0;
    await producer.send([outgoing(topic, key, 'where')]);
    expect(placements).toMatchObject([{ partition: partitionOf(key, 3), count: 1 }]);
  }
});

test('knows who leads and keeps a partition, where it begins and ends, and what it takes on disk', async () => {
  const [found] = await inspector.topics([topic]);
  if (!found) throw new Error('it is there');
  expect(found).toMatchObject({ name: topic, internal: false });
  for (const { leader, replicas, inSync } of found.partitions) {
    expect(replicas).toContain(leader);
    expect(replicas.toSorted()).toEqual([1, 2, 3]);
    expect(inSync.toSorted()).toEqual([1, 2, 3]);
  }
  await admin.fetchTopicOffsets(topic); // kafkajs does not ask by itself who leads it
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: '2' }] });
  const range = (await inspector.offsets([found])).get(partitionKey(topic, partition));
  expect(range?.earliest).toBe(2n);
  expect(range?.latest).toBeGreaterThanOrEqual(10n);
  const sizes = (await inspector.sizes([found])).get(partitionKey(topic, partition));
  expect([...(sizes?.keys() ?? [])].sort()).toEqual([1, 2, 3]);
  expect(Math.min(...(sizes?.values() ?? []))).toBeGreaterThan(100);
});

test('tells a setting of the topic from one of the brokers and one that nobody has set', async () => {
  const settings = (await inspector.settings([topic])).get(topic);
  const find = (name: string) => settings?.find((setting) => setting.name === name);
  expect(find('retention.ms')).toMatchObject({ value: '-1', source: 'topic' });
  expect(find('min.insync.replicas')).toEqual({
    name: 'min.insync.replicas',
    value: '2',
    default: '1',
    source: 'topic',
  });
  expect(find('unclean.leader.election.enable')).toMatchObject({ value: 'false', source: 'broker' });
  expect(find('cleanup.policy')).toMatchObject({ value: 'delete', source: 'default' });
});

test('finds nothing held back where there is no transaction, however fast records come', async () => {
  const busy = await createTopic('busy');
  const described = await inspector.topics([busy]);
  let stopped = false;
  const writing = (async () => {
    while (!stopped) await producer.send([outgoing(busy, 'k', 'more')]);
  })();
  for (let i = 0; i < 50; i++) {
    const range = (await inspector.offsets(described)).get(partitionKey(busy, 0));
    expect(range?.readable).toBe(range?.latest);
  }
  stopped = true;
  await writing;
});

test('tells how far a group is, who reads what, and since when records wait', async () => {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
  await until(async () => (await inspector.group(group)).members[0]?.assigned.length === 1, {
    what: 'the assignment',
  });
  await consumer.commitOffsets([{ topic, partition, offset: '6' }]);

  const found = await inspector.group(group);
  expect(found).toMatchObject({ group, state: 'Stable', type: 'classic' });
  expect(found.members).toMatchObject([
    { clientId: 'test', host: expect.any(String), assigned: [{ topic, partitions: [0, 1, 2] }] },
  ]);
  expect(found.partitions.map(({ memberId }) => memberId)).toEqual(Array(3).fill(found.members[0]?.memberId));
  const progress = found.partitions[partition];
  expect(progress).toMatchObject({ committed: 6n, waitingSince: timeOf(6) });
  expect(progress?.lag).toBe((progress?.latest ?? 0n) - 6n);
  expect(found.partitions[(partition + 1) % 3]).toMatchObject({ committed: undefined, lag: undefined });

  // What it has not come to and what was deleted meanwhile is not ahead of it, and told.
  expect(progress?.deleted).toBe(0n);
  await consumer.commitOffsets([{ topic, partition, offset: '0' }]);
  expect((await inspector.group(group)).partitions[partition]).toMatchObject({
    lag: (progress?.latest ?? 0n) - 2n,
    deleted: 2n,
    waitingSince: timeOf(2),
  });

  await consumer.disconnect();
  await until(async () => (await inspector.group(group)).state === 'Empty', {
    what: 'the group to be empty',
  });
  const listed = (await inspector.groups()).find((each) => each.group === group);
  expect(listed?.members).toEqual([]);
  expect(listed?.partitions).toMatchObject([{ partition, committed: 0n, memberId: undefined }]);
});

test('does not call a group missing that a broker may lead which does not tell', async () => {
  const brokers = createBrokers(clientOf());
  const group = uniqueName('group');
  expect(await listGroups(brokers, { only: group })).toEqual([]);
  const silent = brokers.nodes()[0];
  const connectionTo: Brokers['connectionTo'] = async (node) => {
    if (node === silent) throw new Error('no answer');
    return await brokers.connectionTo(node);
  };
  await expect(listGroups({ ...brokers, connectionTo }, { only: group })).rejects.toThrow(
    BrokerUnavailableError,
  );
  await brokers.close();
});

test('does not wait for a broker that says nothing, and tells which one that was', async () => {
  const described = await inspector.topics([topic]);
  const node = described[0]?.partitions[0]?.leader;
  const led = described.flatMap(({ partitions }) => partitions.filter(({ leader }) => leader !== node));
  const frozen = <Client extends Pick<Brokers, 'connectionTo'>>(to: Client): Client => ({
    ...to,
    connectionTo: (id) => (id === node ? new Promise(() => {}) : to.connectionTo(id)),
  });
  const silent = new Set<number>();
  const cluster = createCluster(client);
  const ranges = await offsetRanges(frozen(cluster), described, silent);
  expect([...ranges.keys()].sort()).toEqual(led.map(({ partition }) => partitionKey(topic, partition)));
  expect([...silent]).toEqual([node]);

  silent.clear();
  const brokers = createBrokers(client);
  await brokers.metadata('find the brokers', []);
  const listed = await listGroups(frozen(brokers), { silent }).catch((error) => error);
  expect(Array.isArray(listed) || listed instanceof BrokerUnavailableError).toBe(true);
  expect([...silent]).toEqual([node]);
  expect((await replicaSizes(frozen(brokers), described)).size).toBe(3);
  await Promise.all([brokers.close(), cluster.close()]);
});

test('knows also groups whose partitions the broker shares out (KIP-848)', async () => {
  const group = uniqueName('group');
  const tool = await startKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', infrastructure().brokers.join(), '--topic', topic, '--group', group],
    ...['--consumer-property', 'group.protocol=consumer', '--from-beginning'],
  ]);
  tool.stdout.resume();
  tool.stderr.resume();
  await until(async () => (await inspector.group(group)).members[0]?.assigned.length === 1, {
    what: 'the assignment',
  });
  expect(await inspector.group(group)).toMatchObject({
    type: 'consumer',
    members: [{ assigned: [{ topic, partitions: [0, 1, 2] }] }],
  });
  const ended = new Promise((resolve) => tool.once('close', resolve));
  tool.kill('SIGKILL');
  await ended;
});

test('leaves out a topic that is deleted after it was described', async () => {
  const gone = await createTopic('gone');
  const described = await inspector.topics([gone, topic]);
  await admin.deleteTopics({ topics: [gone] });
  const isGone = async () => !(await admin.listTopics()).includes(gone);
  await until(isGone, { what: 'the topic to be gone' });
  await until(async () => (await inspector.offsets(described)).size === 3, {
    what: 'the offsets of the other',
  });
});

test('says what there is not', async () => {
  const nowhere = uniqueName('nowhere');
  await expect(inspector.topics([topic, nowhere])).rejects.toThrow(TopicMissingError);
  await expect(inspector.group(nowhere)).rejects.toThrow(GroupMissingError);
});
