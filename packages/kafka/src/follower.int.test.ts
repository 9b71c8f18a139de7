import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { RegistryUnavailableError } from './errors.ts';
import { createFollower, type FollowerOptions } from './follower.ts';
import { createProducer, type Producer } from './producer.ts';
import type { ReceivedRecord } from './record.ts';
import { clientOf, createTopic, log, outgoing, textOf } from './testing/kafka.ts';
import { createNetwork } from './testing/network.ts';
import { abortTransaction } from './testing/transactions.ts';

const client = clientOf();
let producer: Producer;

beforeAll(async () => {
  producer = createProducer({ client, log });
  await producer.start();
});
afterAll(() => producer.stop());

function follow(topic: string, options: Partial<FollowerOptions> = {}) {
  const seen: string[] = [];
  const follower = createFollower({
    client,
    name: 'test',
    topics: [topic],
    from: 'beginning',
    onRecords: (records) => void seen.push(...records.map(textOf)),
    log,
    ...options,
  });
  return { seen, follower };
}

const send = (topic: string, ...values: string[]) =>
  producer.send(values.map((value) => outgoing(topic, value, value)));

test('shows every record to every follower', async () => {
  const topic = await createTopic('follower', 3);
  await send(topic, 'a', 'b', 'c', 'd');
  const both = [follow(topic), follow(topic)];
  for (const { follower } of both) await follower.start();
  for (const { follower } of both) await follower.whenCaughtUp();
  for (const { seen } of both) expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd']);
  await send(topic, 'e');
  for (const { seen } of both) await until(() => seen.includes('e'), { what: 'the later record' });
  for (const { follower } of both) await follower.stop();
});

test('is caught up with an empty topic at once', async () => {
  const { follower, seen } = follow(await createTopic('follower-empty', 3));
  await follower.start();
  await follower.whenCaughtUp();
  expect(seen).toEqual([]);
  await follower.stop();
});

test('is caught up behind an aborted transaction', async () => {
  const topic = await createTopic('follower-aborted');
  await abortTransaction(topic);
  const { follower, seen } = follow(topic);
  await follower.start();
  await follower.whenCaughtUp();
  expect(seen).toEqual([]);
  await follower.stop();
});

test('begins now when asked to', async () => {
  const topic = await createTopic('follower-now');
  await send(topic, 'old');
  const { follower, seen } = follow(topic, { from: 'now' });
  await follower.start();
  await send(topic, 'new');
  await until(() => seen.length > 0, { what: 'the new record' });
  expect(seen).toEqual(['new']);
  await follower.stop();
});

test.each(['beginning', 'now'] as const)(
  'neither repeats nor skips records when the brokers went away, from %s',
  async (from) => {
    const topic = await createTopic('follower-restart', 2);
    const network = createNetwork();
    const { follower, seen } = follow(topic, { client: clientOf(network.via), from });
    await follower.start();
    await send(topic, 'a', 'b', 'c');
    await until(() => seen.length === 3, { what: 'the first records' });

    network.cut();
    await until(() => follower.lastError !== undefined, { what: 'the follower to notice' });
    expect(follower.lastError).toMatchObject({ code: 'BREW_BROKER_UNAVAILABLE' });
    await send(topic, 'd', 'e');
    network.restore();
    await until(() => seen.length >= 5, { what: 'the records sent meanwhile' });
    await send(topic, 'f');
    await until(() => seen.includes('f'), { what: 'the last record' });
    expect([follower.state, follower.lastError]).toEqual(['running', undefined]);
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    await follower.stop();
    await network.stop();
  },
);

test('hands records on again when they were not taken', async () => {
  const topic = await createTopic('follower-retry');
  await send(topic, 'a', 'b');
  const taken: string[] = [];
  let calls = 0;
  const onRecords = (records: ReceivedRecord[]) => {
    if (++calls < 3) throw new Error('not yet');
    taken.push(...records.map(textOf));
  };
  const { follower } = follow(topic, { onRecords });
  await follower.start();
  await follower.whenCaughtUp();
  expect(taken).toEqual(['a', 'b']);
  expect(follower.lastError).toBeUndefined();
  await follower.stop();
  expect(follower.state).toBe('stopped');
});

test('steps over a record that it can not take, once, and takes the others in order', async () => {
  const topic = await createTopic('follower-poison');
  await send(topic, 'a', 'b', 'poison', 'c', 'd');
  const taken: string[] = [];
  let attempts = 0;
  const onRecords = (records: ReceivedRecord[]) => {
    if (records.map(textOf).includes('poison')) {
      if (records.length === 1) attempts += 1;
      throw new Error('what is that?');
    }
    taken.push(...records.map(textOf));
  };
  const onSteppedOver = jest.fn();
  const { follower } = follow(topic, { onRecords, onSteppedOver });
  await follower.start();
  await follower.whenCaughtUp();
  expect(taken).toEqual(['a', 'b', 'c', 'd']);
  const offsets = { firstOffset: 2n, lastOffset: 2n, nextOffset: 3n };
  expect(onSteppedOver.mock.calls).toEqual([
    [{ topic, partition: 0, ...offsets, error: new Error('what is that?') }],
  ]);
  expect([follower.steppedOver, follower.lastError]).toEqual([1, undefined]);
  expect(attempts).toBeGreaterThan(1);
  await follower.stop();
});

test('waits through an outage, says for what, and steps over nothing', async () => {
  const topic = await createTopic('follower-outage');
  await send(topic, 'a', 'b');
  let attempts = 0;
  let down = true;
  const taken: string[] = [];
  const onRecords = (records: ReceivedRecord[]) => {
    attempts += 1;
    if (down) throw new RegistryUnavailableError('http://registry', new Error('gone'));
    taken.push(...records.map(textOf));
  };
  const { follower } = follow(topic, { onRecords });
  await follower.start();
  await until(() => attempts > 6, { what: 'more attempts than a record has' });
  expect(follower.lastError).toMatchObject({ code: 'BREW_REGISTRY_UNAVAILABLE' });
  down = false;
  await follower.whenCaughtUp();
  expect(taken).toEqual(['a', 'b']);
  expect([follower.steppedOver, follower.lastError]).toEqual([0, undefined]);
  await follower.stop();
});
