import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { OrderCancelled, uuidv7 } from '@brew/events';
import { createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import { createTopics } from '@brew/kafka/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { groups } from '../groups/groups.ts';
import { partitionOfKey } from '../partitionOf/partitionOf.ts';
import { type ProduceOptions, produce } from '../produce/produce.ts';
import { collect } from '../testing/collect.ts';
import { topics } from '../topics/topics.ts';
import { type ConsumeOptions, consume } from './consume.ts';

const { brokers, registryUrl } = infrastructure();
const cluster = { brokers, registryUrl };
const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'test', log });
const never = new AbortController().signal;
const hour = (hours: number) => new Date(Date.UTC(2026, 0, 1, hours));

/** With three replicas, of which the commands tell. */
async function createTopic(partitions = 1): Promise<string> {
  const name = uniqueName('consume');
  await createTopics([{ name, partitions, replicationFactor: 3, config: {} }], 3);
  return name;
}

async function consumed(topic: string, options: ConsumeOptions): Promise<string[]> {
  const { io, lines } = collect();
  await consume([topic], options, cluster, io, never);
  return lines;
}

async function produced(topic: string, options: Partial<ProduceOptions>, input = ''): Promise<string[]> {
  const { io, lines } = collect();
  await produce(topic, { input: 'text', ...options }, cluster, io, never, Readable.from([input]));
  return lines;
}

const cancelled = () => ({ orderId: uuidv7(), reason: 'out_of_stock', cancelledAt: 0 });

beforeAll(() => createCodec({ registryUrl, log }).register([OrderCancelled]));

describe('consume', () => {
  let topic: string;
  const producer = createProducer({ client, log });
  beforeAll(async () => {
    topic = await createTopic();
    await producer.start();
    await producer.send(
      Array.from({ length: 10 }, (_, i) => ({
        topic,
        key: i % 2 === 0 ? 'even' : 'odd',
        value: Buffer.from(`r${i}`),
        headers: {},
        timestamp: hour(i),
      })),
    );
  });
  afterAll(() => producer.stop());

  it.each<[string, ConsumeOptions, string[]]>([
    ['everything', {}, ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9']],
    ['from an offset', { from: { at: 'offset', offset: 8n } }, ['r8', 'r9']],
    ['from a time', { from: { at: 'time', time: hour(7) } }, ['r7', 'r8', 'r9']],
    ['the last ones', { last: 2 }, ['r8', 'r9']],
    ['the first ones', { limit: 2 }, ['r0', 'r1']],
    ['of one key', { key: 'odd', from: { at: 'offset', offset: 5n } }, ['r5', 'r7', 'r9']],
    ['of a type that there is none of', { type: ['OrderPlaced'] }, []],
  ])('reads %s', async (_what, options, expected) => {
    expect(await consumed(topic, { raw: true, ...options })).toEqual(expected);
  });

  it('goes on with what comes, until it is interrupted', async () => {
    const { io, lines } = collect();
    const stop = new AbortController();
    const following = consume([topic], { last: 1, follow: true, raw: true }, cluster, io, stop.signal);
    await until(() => lines.length === 1, { what: 'the last record' });
    await producer.send([{ topic, key: 'even', value: Buffer.from('r10'), headers: {} }]);
    await until(() => lines.length === 2, { what: 'the next record' });
    stop.abort();
    await following;
    expect(lines).toEqual(['r9', 'r10']);
  });

  it('ends when it is interrupted, also while it waits for a registry that is silent', async () => {
    const asked = Promise.withResolvers<void>();
    await using silent = createServer(() => asked.resolve());
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const avro = await createTopic();
    await producer.send([{ topic: avro, key: 'k', value: Buffer.from([0, 0, 0, 0, 1, 2]), headers: {} }]);
    const stop = new AbortController();
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { io, lines } = collect();
    const consuming = consume([avro], {}, { brokers, registryUrl: url }, io, stop.signal);
    await asked.promise;
    const interruptedAt = performance.now();
    stop.abort();
    await consuming.finally(() => silent.closeAllConnections());
    // It gives a registry 10 s for an answer, three times.
    expect(performance.now() - interruptedAt).toBeLessThan(9_000);
    expect(lines).toEqual([]);
  });

  it('refuses a partition that there is not', async () => {
    await expect(consumed(topic, { partition: [3] })).rejects.toThrow(
      'There is no partition 3. Take one of 0 to 0.',
    );
  });
});

describe('produce', () => {
  it('writes events that consume decodes, and copies what consume wrote, each as it was', async () => {
    const [source, copy] = [await createTopic(), await createTopic()];
    const data = cancelled();
    await produced(source, { type: 'OrderCancelled', value: JSON.stringify(data) });
    await produced(source, { header: { a: '1' } }, 'plain text\n');
    await produced(source, { key: 'gone', tombstone: true });
    const lines = await consumed(source, { json: true });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { key: data.orderId, type: OrderCancelled.type, source: '/brew/cli', data },
      { key: null, headers: { a: '1' }, value: 'plain text' },
      { key: 'gone', value: null },
    ]);
    expect((await consumed(source, {}))[0]).toMatch(
      new RegExp(`^0/0 .* ${data.orderId} {2}OrderCancelled +reason out_of_stock$`),
    );

    expect(await produced(copy, { input: 'json' }, lines.join('\n'))).toEqual([
      `✔ 3 records on ${copy}: partition 0, offset 0 to 2`,
    ]);
    const copies = await consumed(copy, { json: true });
    const comparable = (line: string) => ({ ...JSON.parse(line), topic: '', timestamp: '' });
    expect(copies.map(comparable)).toEqual(lines.map(comparable));
  });

  it('shows Avro of others by its schema, and as bytes when no registry is known', async () => {
    const topic = await createTopic();
    const data = cancelled();
    await produced(topic, {
      type: 'OrderCancelled',
      value: JSON.stringify(data),
      header: { ce_type: 'unknown' },
    });
    const [line = ''] = await consumed(topic, { json: true });
    const shown = { ...data, cancelledAt: new Date(data.cancelledAt).toISOString() };
    expect(JSON.parse(line)).toMatchObject({ schema: OrderCancelled.type, data: shown });
    const { io, lines } = collect();
    await consume([topic], {}, { brokers, registryUrl: undefined }, io, never);
    expect(lines[0]).toMatch(/\d+ bytes: 00[0-9a-f]+$/);
  });

  it('writes nothing at all when one record of many is not in order', async () => {
    const topic = await createTopic();
    const bad = [cancelled(), { ...cancelled(), reason: 'bored' }, cancelled()];
    await expect(
      produced(topic, { type: 'OrderCancelled' }, bad.map((data) => JSON.stringify(data)).join('\n')),
    ).rejects.toThrow(/^line 2: Not a valid OrderCancelled: reason is "bored"/);
    await expect(produced(topic, {}, '\n')).rejects.toThrow('There is nothing to write.');
    expect(await consumed(topic, {})).toEqual([]);
  });

  it.each<[Partial<ProduceOptions>, RegExp]>([
    [{ value: 'x' }, /^the value is no event, and brew\.orders\.v1 carries OrderPlaced, .*--raw/],
    [{ key: 'k', tombstone: true }, /^brew\.orders\.v1 is not compacted: .*--raw/],
    [{ type: 'KitchenStarted', value: '{}' }, /^the value is KitchenStarted, and brew\.orders\.v1 carries/],
  ])("refuses on Brew's topics what does not belong there: %j", async (options, message) => {
    await expect(produced('brew.orders.v1', options)).rejects.toThrow(message);
  });

  it('says so when there is no such topic', async () => {
    await expect(produced(uniqueName('nowhere'), { value: 'x' })).rejects.toThrow(
      /The topic .* does not exist/,
    );
  });
});

describe('topics, groups and partition-of', () => {
  it('tell what there is', async () => {
    const topic = await createTopic(3);
    const { io, lines } = collect();
    await partitionOfKey('ada', { topic, json: true }, cluster, io);
    const { partition, leader } = JSON.parse(lines.pop() ?? '');
    await produced(topic, { key: 'ada', value: 'hello' });
    await topics(topic, { json: true }, cluster, io);
    const report = JSON.parse(lines.pop() ?? '');
    expect(report).toMatchObject({ name: topic, records: 1, underReplicated: 0, leaderless: 0 });
    expect(report.partitions[partition]).toMatchObject({ leader, earliest: 0, latest: 1 });

    await topics(undefined, {}, cluster, io);
    expect(lines.join('\n')).toMatch(new RegExp(`^${topic} +3 +3 +1 .* ok$`, 'm'));
    expect(lines.join('\n')).not.toContain('__consumer_offsets');
    await groups(undefined, { json: true }, cluster, undefined, io);
    expect(Array.isArray(JSON.parse(lines.at(-1) ?? ''))).toBe(true);
  });

  it('tell the partition of a key with nothing running', async () => {
    const { io, lines } = collect();
    await partitionOfKey('flat-white', {}, undefined, io);
    await partitionOfKey('flat-white', { partitions: 1 }, undefined, io);
    expect(lines).toEqual(['2 of 6', '0 of 1']);
  });
});
