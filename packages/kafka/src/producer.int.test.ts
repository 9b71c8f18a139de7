import { uniqueName, until } from '@brew/sandbox/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { delay } from './delay.ts';
import { kafkaErrorTypeOf, SendFailedError } from './errors.ts';
import { batchBytes } from './producer/batchBytes.ts';
import { createProducer, type Producer } from './producer.ts';
import type { OutgoingRecord } from './record.ts';
import { createTopics } from './testing/createTopics.ts';
import { clientOf, createTopic, log, outgoing, readAll, textOf } from './testing/kafka.ts';
import { createNetwork, isProduce, type Network } from './testing/network.ts';

describe.each(['kafkajs', 'platformatic'] as const)('on %s', (library) => {
  let topic: string;
  let network: Network;
  let producer: Producer;

  beforeAll(async () => {
    topic = await createTopic('producer', 3);
  });

  beforeEach(async () => {
    network = createNetwork();
    producer = createProducer({ client: clientOf(network.via, { library }), log });
    await producer.start();
  });

  afterEach(async () => {
    await producer.stop();
    await network.stop();
  });

  let run = 0;
  /** `count` records over four keys, whose values tell them from those of other tests. */
  function records(count: number): OutgoingRecord[] {
    run++;
    return Array.from({ length: count }, (_, i) => outgoing(topic, `key-${i % 4}`, `${run}/${i}`));
  }

  /** What of `sent` is in the topic, per key, without repetitions, in the order in which it came first. */
  async function readBack(sent: OutgoingRecord[]): Promise<Record<string, string[]>> {
    const values = new Set(sent.map(({ value }) => String(value)));
    const perKey: Record<string, Set<string>> = {};
    for (const record of await readAll(topic)) {
      if (!values.has(textOf(record))) continue;
      const key = record.key ?? '';
      perKey[key] = (perKey[key] ?? new Set()).add(textOf(record));
    }
    return Object.fromEntries(Object.entries(perKey).map(([key, found]) => [key, [...found]]));
  }

  function perKey(sent: OutgoingRecord[]): Record<string, string[]> {
    const result: Record<string, string[]> = {};
    for (const { key, value } of sent) result[String(key)] = [...(result[String(key)] ?? []), String(value)];
    return result;
  }

  test('writes records with their keys, headers, times and tombstones', async () => {
    const own = await createTopic('producer-one');
    const timestamp = new Date('2026-01-02T03:04:05.678Z');
    await producer.send([
      { topic: own, key: 'k', value: Buffer.from([0, 255]), headers: { a: 'ä' }, timestamp },
      { topic: own, key: 'k', value: null, headers: {} },
    ]);
    const [first, second] = await readAll(own);
    expect(first).toMatchObject({
      key: 'k',
      value: Buffer.from([0, 255]),
      headers: { a: 'ä' },
      timestamp,
      offset: 0n,
    });
    expect(second).toMatchObject({ key: 'k', value: null, offset: 1n });
  });

  test('keeps every acknowledged record, in order per key, over a network that loses answers', async () => {
    let answers = 0;
    network.losesAnswer = (apiKey) => isProduce(apiKey) && ++answers % 3 !== 0;
    const batches = Array.from({ length: 8 }, () => records(20));
    await Promise.all(batches.map((batch) => producer.send(batch)));
    expect(network.lost).toBeGreaterThan(5);
    expect(await readBack(batches.flat())).toEqual(perKey(batches.flat()));
  });

  test('repeats a batch whose send failed for good, before any later one', async () => {
    network.losesAnswer = isProduce;
    const [first, second] = [records(8), records(8)];
    const sends = [producer.send(first), producer.send(second)];
    await until(() => producer.state === 'recovering', { what: 'the sender to give up' });
    expect(producer.lastError).toBeInstanceOf(Error);
    network.losesAnswer = () => false;
    await Promise.all(sends);
    expect(producer.state).toBe('running');
    expect(await readBack([...first, ...second])).toEqual(perKey([...first, ...second]));
  });

  // The broker has appended the first batch, and remembers its sequence numbers; kafkajs has taken them back. Through
  // the same kafkajs producer the broker takes the second batch for a repetition, drops it, and acknowledges it.
  test('does not lose a batch that follows one that was given up', async () => {
    network.losesAnswer = isProduce;
    const givenUp = new AbortController();
    const first = producer.send(records(8), { signal: givenUp.signal });
    await until(() => producer.state === 'recovering', { what: 'the sender to give up' });
    givenUp.abort();
    await expect(first).rejects.toMatchObject({ code: 'BREW_SEND_FAILED', retryable: true });
    network.losesAnswer = () => false;

    const second = records(8);
    await producer.send(second);
    expect(await readBack(second)).toEqual(perKey(second));
  });

  test('lets go of a sender who gives up, at once, also when nothing gets through', async () => {
    network.cut();
    await expect(producer.send(records(1), { signal: AbortSignal.timeout(100) })).rejects.toThrow(
      SendFailedError,
    );
  });

  test('sends nothing any more of what was given up while nobody answered, once the network is back', async () => {
    network.hold();
    const since = performance.now();
    const first = records(8);
    const given = producer.send(first, { signal: AbortSignal.timeout(1_000) });
    await until(() => producer.silentSince !== undefined);
    expect(producer.silentSince).toBeGreaterThanOrEqual(since);
    await expect(given).rejects.toThrow(SendFailedError);
    network.restore();

    const second = records(8);
    await producer.send(second);
    expect(producer.silentSince).toBeUndefined();
    expect(await readBack(second)).toEqual(perKey(second));
    expect(await readBack(first)).toEqual({});
  });

  test('goes on through new connections when nobody answers on those that it has', async () => {
    network.hold();
    const batch = records(8);
    const sent = producer.send(batch);
    await delay(500);
    network.forget();
    await sent;
    expect(await readBack(batch)).toEqual(perKey(batch));
  }, 30_000);

  test('refuses for good what Kafka will never take', async () => {
    const small = await createTopic('producer-small', 1, { 'max.message.bytes': '1000' });
    const large = { topic: small, key: 'k', value: Buffer.alloc(2_000, 'x'), headers: {} };
    const failure: unknown = await producer.send([large]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BREW_SEND_FAILED', retryable: false });
    expect(kafkaErrorTypeOf(failure)).toBe('MESSAGE_TOO_LARGE');
    await producer.send([outgoing(small, 'k', 'fits')]);
    expect((await readAll(small)).map(textOf)).toEqual(['fits']);
  });

  test('tells which of 500 records Kafka refuses, and sends each of the others once', async () => {
    const [small, other] = [
      await createTopic('producer-offer', 3, { 'max.message.bytes': '5000' }),
      await createTopic('producer-offer-other', 3),
    ];
    const offered = Array.from({ length: 500 }, (_, i) =>
      outgoing(i % 5 === 0 ? other : small, `key-${i % 50}`, `${i}`),
    );
    const large = { ...outgoing(small, 'key-11', ''), value: Buffer.alloc(6_000) };
    offered.splice(211, 1, large);

    const { refused, withheld } = await producer.offer(offered);

    expect(refused).toEqual(new Map([[large, 'MESSAGE_TOO_LARGE']]));
    expect(withheld).toEqual(
      offered.slice(212).filter(({ topic, key }) => topic === small && key === 'key-11'),
    );
    const values = [...(await readAll(small)), ...(await readAll(other))].map(textOf);
    expect(values).toHaveLength(new Set(values).size);
    const missing = new Set([large, ...withheld]);
    const sent = offered.filter((record) => !missing.has(record));
    expect(new Set(values)).toEqual(new Set(sent.map(({ value }) => String(value))));
    for (const each of [small, other]) {
      const read = (await readAll(each)).map(({ topic, key, value }) => ({ topic, key, value, headers: {} }));
      expect(perKey(read)).toEqual(perKey(sent.filter((record) => record.topic === each)));
    }
    expect(producer.state).toBe('running');
  });

  test('sends to the other topics when one is missing, and to that one when it is there', async () => {
    const missing = uniqueName('producer-missing');
    const offered = [outgoing(missing, 'a', '1'), outgoing(topic, 'a', 'there'), outgoing(missing, 'b', '2')];
    const { refused, closed, withheld } = await producer.offer(offered);
    expect([refused.size, [...closed], withheld]).toEqual([
      0,
      [[missing, 'UNKNOWN_TOPIC_OR_PARTITION']],
      [offered[0], offered[2]],
    ]);
    expect((await readAll(topic)).map(textOf)).toContain('there');
    await createTopics([{ name: missing, partitions: 1, replicationFactor: 3, config: {} }]);
    await producer.send(withheld);
    expect((await readAll(missing)).map(textOf)).toEqual(['1', '2']);
  });

  test('tells a record whose time the topic does not take, and sends those around it', async () => {
    const own = await createTopic('producer-times', 1, { 'message.timestamp.before.max.ms': '3600000' });
    const old = { ...outgoing(own, 'a', 'old'), timestamp: new Date('2001-01-01') };
    const { refused, withheld } = await producer.offer([
      outgoing(own, 'a', 'before'),
      old,
      outgoing(own, 'b', 'another key'),
    ]);
    expect([refused, withheld]).toEqual([new Map([[old, 'INVALID_TIMESTAMP']]), []]);
    expect((await readAll(own)).map(textOf)).toEqual(['before', 'another key']);
  });

  test('finds a topic gone that it has written to, and goes on with it once it is made anew', async () => {
    const own = await createTopic('producer-deleted', 1);
    await producer.send([outgoing(own, 'a', 'before')]);
    const admin = kafkaOf(clientOf()).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [own] });
    await until(async () => !(await admin.listTopics()).includes(own), { what: 'the topic to be gone' });
    await admin.disconnect();
    const { closed, withheld } = await producer.offer([
      outgoing(own, 'a', '1'),
      outgoing(topic, 'a', 'there, too'),
    ]);
    expect([...closed]).toEqual([[own, 'UNKNOWN_TOPIC_OR_PARTITION']]);
    expect((await readAll(topic)).map(textOf)).toContain('there, too');
    await createTopics([{ name: own, partitions: 1, replicationFactor: 3, config: {} }]);
    await producer.send(withheld);
    expect((await readAll(own)).map(textOf)).toEqual(['1']);
  });

  test('counts the bytes of a record as Kafka does', async () => {
    const record = {
      key: 'key ü',
      value: Buffer.alloc(9_000, 'x'),
      headers: { 'content-type': 'application/avro', note: ['once', 'twice'], ü: Buffer.alloc(200) },
      rawHeaders: [
        ['none', null],
        [Buffer.from([0xff]), 'ü'],
        ['large', Buffer.alloc(100)],
      ] as const,
    };
    const bytes = batchBytes(record);
    const fits = await createTopic('producer-fits', 1, { 'max.message.bytes': String(bytes) });
    const less = await createTopic('producer-less', 1, { 'max.message.bytes': String(bytes - 1) });
    const { refused } = await producer.offer([fits, less].map((name) => ({ ...record, topic: name })));
    expect([...refused.keys()].map((each) => each.topic)).toEqual([less]);
  });

  test('sends more at once than fits into one batch', async () => {
    const own = await createTopic('producer-large');
    const sent = Array.from({ length: 60 }, (_, i) => ({
      topic: own,
      key: 'k',
      value: Buffer.alloc(50_000, String(i)),
      headers: { i: String(i) },
    }));
    await producer.send(sent);
    expect((await readAll(own)).map(({ headers }) => headers.i)).toEqual(
      sent.map(({ headers }) => headers.i),
    );
  });

  test('takes nothing more once it is stopped', async () => {
    await producer.stop();
    expect(producer.state).toBe('stopped');
    await expect(producer.send(records(1))).rejects.toThrow('the producer was stopped');
  });
});
