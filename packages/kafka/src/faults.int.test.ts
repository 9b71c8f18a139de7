import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { createAdmin } from './admin.ts';
import { createKafkaClient, type KafkaClientOptions, libraries } from './client.ts';
import { createConsumer } from './consumer.ts';
import { createProducer } from './producer.ts';
import { clientOf, createTopic, log, outgoing, textOf } from './testing/kafka.ts';
import type { MemberOptions } from './testing/memberMain.ts';
import { apiKeys, createFaults } from './testing/network/faults.ts';
import { createNetwork } from './testing/network.ts';
import { noLetters } from './testing/noLetters.ts';

// What `npm run clients` does at length, in short: nothing is lost, and every key keeps its order, with each library.

const SESSION_MS = 6_000;
const KEYS = 12;

describe.each(libraries)('%s', (library) => {
  const running: AsyncDisposable[] = [];
  let group: string;
  /** How many records of each key were sent: they bear numbers. */
  let sent: Map<string, number>;
  /** Of each key, the numbers in the order in which they were handled, each one once. */
  let handled: Map<string, Set<number>>;

  beforeEach(() => {
    group = uniqueName('faults');
    sent = new Map();
    handled = new Map();
  });
  afterEach(async () => {
    for (const each of running.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });

  type Via = KafkaClientOptions['via'];
  const options = { brokers: infrastructure().brokers, clientId: 'test', library };
  const client = (via: Via) => createKafkaClient({ ...options, log, ...(via && { via }) });

  /** @returns what sends one more record of each key that begins so */
  async function produce(topic: string, via?: Via): Promise<(prefix?: string) => Promise<void>> {
    const producer = createProducer({ client: client(via), log });
    running.push(producer);
    await producer.start();
    return async (prefix = 'k') => {
      const keys = Array.from({ length: KEYS }, (_, i) => `${prefix}${i}`);
      await producer.send(keys.map((key) => outgoing(topic, key, `${key} ${sent.get(key) ?? 0}`)));
      for (const key of keys) sent.set(key, (sent.get(key) ?? 0) + 1);
    };
  }

  function note(text: string): void {
    const [key = '', number] = text.split(' ');
    const numbers = handled.get(key) ?? new Set();
    handled.set(key, numbers.add(Number(number)));
  }

  async function consume(topic: string, { via, onRecord = () => {} }: { via?: Via; onRecord?: () => void }) {
    const consumer = createConsumer({
      client: client(via),
      group,
      topics: [topic],
      from: 'beginning',
      sessionTimeoutMs: SESSION_MS,
      process: async (records) => {
        for (const record of records) note(textOf(record));
        onRecord();
      },
      deadLetters: noLetters,
      log,
    });
    running.push(consumer);
    await consumer.start();
  }

  /** A member in a process of its own, which can be frozen. */
  function consumeApart(topic: string, onRecord: () => void): ChildProcess {
    const member: MemberOptions = { client: options, group, topic, sessionTimeoutMs: SESSION_MS };
    const main = join(import.meta.dirname, 'testing/memberMain.ts');
    const child = spawn(process.execPath, [main, JSON.stringify(member)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      note(text);
      onRecord();
    });
    running.push({
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      },
    });
    return child;
  }

  async function expectAllInOrder(): Promise<void> {
    const missing = () =>
      [...sent].flatMap(([key, count]) =>
        Array.from({ length: count }, (_, number) => number)
          .filter((number) => !handled.get(key)?.has(number))
          .map((number) => `${key} ${number}`),
      );
    const isAll = () => {
      const left = missing();
      if (left.length > 0) throw new Error(left.join(', '));
      return true;
    };
    await until(isAll, { what: 'everything to be handled', timeoutMs: 60_000 });
    for (const [key, numbers] of handled)
      expect([key, ...numbers]).toEqual([key, ...Array.from(numbers).sort((a, b) => a - b)]);
  }

  test('answers that are lost, late or cut in half', async () => {
    const topic = await createTopic('faults', 4);
    await using network = createNetwork();
    const send = await produce(topic, network.via);
    await consume(topic, { via: network.via });
    const { Produce, Fetch, OffsetCommit, Heartbeat, ConsumerGroupHeartbeat, JoinGroup } = apiKeys;
    const apis = [Produce, Fetch, OffsetCommit, Heartbeat, ConsumerGroupHeartbeat, JoinGroup];
    network.fault = createFaults(1, [
      { apis, chance: 0.03, fault: 'lose' },
      { apis, chance: 0.03, fault: 'halve' },
      { apis, chance: 0.1, fault: { delay: [50, 500] } },
    ]);
    const { struck } = network;
    while (!(struck.lose && struck.halve && struck.delay) || (sent.get('k0') ?? 0) < 60) await send();
    network.fault = () => undefined;
    await expectAllInOrder();
  });

  test('a member that stands still past its session', async () => {
    const topic = await createTopic('faults', 4);
    const send = await produce(topic);
    const done = { apart: 0, here: 0 };
    const apart = consumeApart(topic, () => done.apart++);
    await consume(topic, { onRecord: () => done.here++ });
    await until(
      async () => {
        Object.assign(done, { apart: 0, here: 0 });
        await send();
        return until(() => done.apart > 0 && done.here > 0, { timeoutMs: 2_000 });
      },
      { what: 'both to have their share' },
    );
    apart.kill('SIGSTOP');
    await send();
    await expectAllInOrder();

    await using admin = createAdmin({ client: clientOf(), log });
    const committed = async () =>
      new Map((await admin.groupPositions(group, [topic])).map((at) => [at.partition, at.committed ?? -1n]));
    const ends = new Map(
      (await admin.topicOffsets(topic)).map(({ partition, latest }) => [partition, latest]),
    );
    await until(async () => Array.from(await committed()).every(([p, offset]) => offset === ends.get(p)));
    apart.kill('SIGCONT');
    done.apart = 0;
    let before = await committed();
    const wentBack: string[] = [];
    // Until it is a member again, and has committed as one, whatever it had left to commit before.
    await until(
      async () => {
        await send();
        const now = await committed();
        for (const [partition, offset] of now)
          if (offset < (before.get(partition) ?? 0n)) wentBack.push(`partition ${partition} to ${offset}`);
        before = now;
        return done.apart > 0;
      },
      { what: 'the one that was frozen to have its share' },
    );
    expect(wentBack).toEqual([]);
    await expectAllInOrder();
  });

  test('a topic that gets more partitions', async () => {
    const topic = await createTopic('faults', 2);
    await consume(topic, {});
    await (await produce(topic))();
    await expectAllInOrder();
    const admin = kafkaOf(clientOf()).admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 8 }] });
    await admin.disconnect();
    // Where a key belongs has changed: others.
    await (await produce(topic))('late');
    await expectAllInOrder();
  });
});
