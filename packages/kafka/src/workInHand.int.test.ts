import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { createAdmin } from './admin.ts';
import { type Library, libraries } from './client.ts';
import { type ConsumerOptions, createConsumer } from './consumer.ts';
import { delay } from './delay.ts';
import { RecordsLostError } from './errors.ts';
import { createFollower } from './follower.ts';
import { partitionOf } from './partitionOf.ts';
import { createPipeline } from './pipeline.ts';
import { createProducer } from './producer.ts';
import type { ReceivedRecord } from './record.ts';
import { createTopics } from './testing/createTopics.ts';
import { deleteRecords } from './testing/deleteRecords.ts';
import { clientOf, createTopic, log, memberIdsOf, outgoing, textOf } from './testing/kafka.ts';
import { apiKeys, createFaults } from './testing/network/faults.ts';
import { createNetwork, type Network } from './testing/network.ts';
import { noLetters } from './testing/noLetters.ts';

// Work that ends when what it belongs to is over: its topic is another one, or its partition another member's.

const admin = createAdmin({ client: clientOf(), log });
const running: AsyncDisposable[] = [];
/** How often members are heard of: what group.consumer.heartbeat.interval.ms is in Brew. */
const HEARTBEAT_MS = 2_000;
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each[Symbol.asyncDispose]();
});
afterAll(() => admin.close());

const texts = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what} ${i}`);

/** With a producer of its own: one that knew a topic before would look for it as it was. */
async function send(topic: string, values: readonly string[]): Promise<void> {
  await using fresh = createProducer({ client: clientOf(), log });
  await fresh.start();
  await fresh.send(values.map((value, i) => outgoing(topic, `k${i}`, value)));
}

/** A handler that keeps what it got first in hand until it is released. */
function createHandler() {
  const released = Promise.withResolvers<void>();
  const done: string[] = [];
  let calls = 0;
  return {
    done,
    release: () => released.resolve(),
    hasBegun: () => calls > 0,
    async process(records: readonly ReceivedRecord[]) {
      calls++;
      await released.promise;
      done.push(...records.map(textOf));
    },
  };
}

/** Whoever reads it looks for it meanwhile, as a rule; all has to be right if not, too. */
const GONE_MS = 1_500;

async function makeAnew(topic: string, goneMs = GONE_MS): Promise<void> {
  await admin.removeTopic(topic);
  await delay(goneMs);
  await makeTopic(topic);
}

/** Once what is left of the one before is gone. */
async function makeTopic(name: string): Promise<void> {
  await until(
    () => createTopics([{ name, partitions: 1, replicationFactor: 3, config: {} }]).then(() => true),
    {
      what: 'the topic to be made anew',
    },
  );
}

const committedOf = async (group: string) =>
  (await admin.groupLag(group)).reduce((sum, { committed = 0n }) => sum + committed, 0n);

/** They may tell what is missing of a topic that was deleted. */
const deadLetters = { ...noLetters, tell: async () => undefined };

function join(
  library: Library,
  group: string,
  topic: string,
  { process }: ReturnType<typeof createHandler>,
  options: { via?: Network['via'] } & Partial<Pick<ConsumerOptions, 'from' | 'sessionTimeoutMs'>> = {},
) {
  const consumer = createConsumer({
    ...{ client: clientOf(options.via, { library }), group, topics: [topic], log, deadLetters },
    from: options.from ?? 'beginning',
    // Longer than the brokers wait for a sign of life: what is in hand is not given up by ourselves.
    sessionTimeoutMs: options.sessionTimeoutMs ?? 60_000,
    process,
  });
  running.push(consumer);
  return consumer;
}

describe.each(libraries)('%s', (library) => {
  test('a member reads all of a topic that was made anew while it had work of the old one in hand', async () => {
    const topic = await createTopic('anew');
    await send(topic, texts('old', 50));
    const handler = createHandler();
    const group = uniqueName('anew');
    await join(library, group, topic, handler).start();
    await until(handler.hasBegun);
    await makeAnew(topic);
    await send(topic, texts('new', 200));
    handler.release();
    const wanted = new Set(texts('new', 200));
    await until(() => new Set(handler.done.filter((text) => wanted.has(text))).size === 200, {
      what: 'all new records',
    });
    await until(async () => (await committedOf(group)) === 200n, { what: 'the commit' });
  });

  test.each([
    ['beginning', 0],
    ['now', 0],
    ['now', GONE_MS],
  ] as const)(
    'a group that began behind other records (%s) reads all of a topic that was made anew after %i ms',
    async (from, goneMs) => {
      const topic = await createTopic('anew');
      await send(topic, texts('old', 50));
      await deleteRecords(topic, new Map([[0, 40n]]));
      const handler = createHandler();
      handler.release();
      const group = uniqueName('anew');
      await join(library, group, topic, handler, { from }).start();
      await send(topic, texts('more', 10));
      await until(async () => (await committedOf(group)) === 60n, { what: 'the commit' });
      await makeAnew(topic, goneMs);
      await send(topic, texts('new', 200));
      const wanted = new Set(texts('new', 200));
      await until(() => new Set(handler.done.filter((text) => wanted.has(text))).size === 200, {
        what: 'all new records',
      });
      await until(async () => (await committedOf(group)) === 200n, { what: 'the commit' });
    },
  );

  test('so does a follower', async () => {
    const topic = await createTopic('anew');
    await send(topic, texts('old', 50));
    const read: string[] = [];
    const follower = createFollower({
      ...{ client: clientOf(undefined, { library }), name: 'anew', topics: [topic], from: 'beginning', log },
      onRecords: (records) => void read.push(...records.map(textOf)),
    });
    running.push(follower);
    await follower.start();
    await follower.whenCaughtUp();
    await admin.removeTopic(topic);
    await until(() => follower.state === 'restarting', { what: 'it to miss its topic' });
    await makeTopic(topic);
    await send(topic, texts('new', 200));
    const wanted = new Set(texts('new', 200));
    await until(() => new Set(read.filter((text) => wanted.has(text))).size === 200, {
      what: 'all new records',
    });
  });

  test('so does a pipeline', async () => {
    const [from, to] = [await createTopic('anew'), await createTopic('anew-out')];
    await send(from, texts('old', 50));
    const handler = createHandler();
    const group = uniqueName('anew');
    const pipe = () =>
      createPipeline({
        ...{ client: clientOf(undefined, { library }), group, topics: [from], log },
        async process(record) {
          await handler.process([record]);
          return [outgoing(to, record.key ?? '', textOf(record))];
        },
      });
    const stopping = new AbortController();
    const before = pipe()
      .run({ signal: stopping.signal })
      .catch(() => undefined); // it may notice, and end
    await until(handler.hasBegun);
    await makeAnew(from);
    await send(from, texts('new', 200));
    handler.release();
    await until(() => handler.done.includes('old 49') || handler.done.includes('new 199'));
    stopping.abort();
    await before;
    await pipe().run({ signal: new AbortController().signal, untilCaughtUp: true });
    const wanted = new Set(texts('new', 200));
    const out = handler.done.filter((text) => wanted.has(text));
    expect(new Set(out).size).toBe(200);
  });
});

/** Sends to the first of two partitions. */
async function sendToFirst(topic: string, values: readonly string[]): Promise<void> {
  const key = Array.from({ length: 20 }, (_, n) => `k${n}`).find((each) => partitionOf(each, 2) === 0);
  await using fresh = createProducer({ client: clientOf(), log });
  await fresh.start();
  await fresh.send(values.map((value) => outgoing(topic, key ?? '', value)));
}

/** A network in which the broker that leads the second partition does not answer the first questions about offsets. */
async function withSilentLeader(topic: string, questions: number) {
  const [{ partitions = [] } = {}] = await admin.describeTopics([topic]);
  const leader = (await admin.describeCluster()).brokers.find(
    ({ nodeId }) => nodeId === partitions[1]?.leader,
  );
  const network = createNetwork();
  running.push(network);
  let asked = 0;
  network.fault = (api) =>
    api === apiKeys.ListOffsets && asked++ < questions ? { kind: 'swallow' } : undefined;
  const via: Network['via'] = async (address) =>
    address.port === leader?.port ? await network.via(address) : address;
  return { via, isSilent: () => asked >= questions };
}

test.each(
  libraries.flatMap((library) => [
    { library, who: 'consumer', questions: 1 },
    { library, who: 'follower', questions: 2 },
  ]),
)(
  'a $who on $library takes no offset of a topic for one of that which is made anew while it starts',
  async (one) => {
    const topic = await createTopic('anew', 2);
    await sendToFirst(topic, texts('old', 3_000));
    await deleteRecords(topic, new Map([[0, 2_900n]]));
    const { via, isSilent } = await withSilentLeader(topic, one.questions);
    const seen = new Set<string>();
    const take = async (records: readonly ReceivedRecord[]) => {
      for (const record of records) seen.add(textOf(record));
    };
    const options = {
      client: clientOf(via, { library: one.library }),
      topics: [topic],
      from: 'beginning',
      log,
    } as const;
    const topics = [topic];
    const reads =
      one.who === 'consumer'
        ? createConsumer({ ...options, topics, group: uniqueName('anew'), process: take, deadLetters })
        : createFollower({ ...options, topics, name: 'anew', onRecords: take });
    running.push(reads);
    const started = reads.start();
    await until(isSilent, { what: 'a leader that does not answer' });
    await admin.removeTopic(topic);
    await createTopics([{ name: topic, partitions: 2, replicationFactor: 3, config: {} }]);
    await sendToFirst(topic, texts('new', 4_000));
    await started;
    await until(() => texts('new', 4_000).every((text) => seen.has(text)), { what: 'all new records' });
  },
);

test('a member begins with a topic that was made anew when the group has assigned it, and not before', async () => {
  const topic = await createTopic('anew');
  await send(topic, texts('old', 10));
  await using network = createNetwork();
  const handler = createHandler();
  handler.release();
  const member = join('platformatic', uniqueName('anew'), topic, handler, { via: network.via });
  await member.start();
  await until(() => handler.done.length === 10);
  let looks = 0;
  network.fault = (api) => {
    if (api === apiKeys.ListOffsets) looks++;
    return api === apiKeys.ConsumerGroupHeartbeat ? { kind: 'swallow' } : undefined;
  };
  await admin.removeTopic(topic);
  await makeTopic(topic);
  await send(topic, texts('new', 20));
  // By then others may have it. Where it has noticed that there was none for a moment, it joins anew.
  await until(() => looks > 3 || member.state !== 'running', { what: 'it to look where its topic is' });
  await delay(2_000);
  expect(handler.done).toHaveLength(10);
  network.fault = () => undefined;
  await until(() => handler.done.length === 30, { what: 'all new records' });
  await member.stop(); // before its network ends
});

test.each(libraries)(
  'a consumer on %s that waits for the discard of a letter goes on when its topic is made anew',
  async (library) => {
    const topic = await createTopic('anew');
    const group = uniqueName('anew');
    await send(topic, texts('old', 10));
    const handler = createHandler();
    handler.release();
    const before = join(library, group, topic, handler);
    await before.start();
    await until(async () => (await committedOf(group)) === 10n, { what: 'the commit' });
    await before.stop();
    await send(topic, texts('more', 90));
    await deleteRecords(topic, new Map([[0, 50n]]));
    const waits = join(library, group, topic, handler);
    await waits.start();
    await until(() => waits.lastError instanceof RecordsLostError, { what: 'it to wait' });
    await makeAnew(topic);
    await send(topic, texts('new', 200));
    await until(() => texts('new', 200).every((text) => handler.done.includes(text)), {
      what: 'all new records',
    });
  },
);

// With kafkajs it joins anew by itself, as another member.
test('a member that the group has given up commits nothing of what it had, also if it was giving it up itself', async () => {
  const topic = await createTopic('given-up', 2);
  await send(topic, texts('first', 20));
  const group = uniqueName('given-up');
  await using network = createNetwork();
  const [slow, quick] = [createHandler(), createHandler()];
  quick.release();
  const first = join('platformatic', group, topic, slow, { via: network.via });
  await first.start();
  await until(slow.hasBegun);
  const other = join('platformatic', group, topic, quick);
  const joining = other.start();
  // It is asked for a partition, and has work in hand; then nothing more is heard of it.
  await until(async () => (await memberIdsOf(group)).length === 2, { what: 'the other one to be a member' });
  await delay(2 * HEARTBEAT_MS);
  network.hold();
  await joining;
  await until(() => quick.done.length === 20, { what: 'the other one to do all of it' });
  await send(topic, texts('second', 20));
  await until(async () => (await committedOf(group)) === 40n, { what: 'the commit' });
  network.restore();
  // What it had ends after it was told that it is no member any more, and before it leaves as one.
  await until(async () => (await memberIdsOf(group)).length === 2, { what: 'it to be a member again' });
  slow.release();
  await until(() => slow.done.length > 0);
  await first.stop();
  expect(await committedOf(group)).toBe(40n);
});

test('a member that hears nothing of its group begins nothing more, until it does', async () => {
  const topic = await createTopic('deaf', 2);
  const group = uniqueName('deaf');
  await using network = createNetwork();
  const [deaf, other] = [createHandler(), createHandler()];
  deaf.release();
  other.release();
  // Shorter than the brokers wait.
  const options = { via: network.via, sessionTimeoutMs: 8_000 };
  const member = join('platformatic', group, topic, deaf, options);
  await member.start();
  await join('platformatic', group, topic, other).start();
  await send(topic, texts('first', 20));
  await until(() => deaf.done.length + other.done.length === 20 && deaf.done.length > 0);
  const before = [...deaf.done];
  network.fault = createFaults(1, [{ apis: [apiKeys.ConsumerGroupHeartbeat], chance: 1, fault: 'swallow' }]);
  await until(async () => (await memberIdsOf(group)).length === 1, { what: 'it to be given up' });
  await send(topic, texts('second', 20));
  await until(() => texts('second', 20).every((text) => other.done.includes(text)), {
    what: 'the other one to do all of it',
  });
  expect(deaf.done).toEqual(before);
  network.fault = () => undefined;
  await until(async () => (await memberIdsOf(group)).length === 2, { what: 'it to be a member again' });
  await until(
    async () => {
      await send(topic, texts('third', 4));
      return deaf.done.length > before.length;
    },
    { what: 'it to do something again' },
  );
  await member.stop(); // before its network ends
});
