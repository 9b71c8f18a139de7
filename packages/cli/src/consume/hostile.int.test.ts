import { OrderCancelled, OrderPlaced, toHeaders, uuidv7 } from '@brew/events';
import { createCodec, createKafkaClient, createProducer, type OutgoingRecord } from '@brew/kafka';
import { createTopics, createUncheckedEncode, type TestRecord, writeBatch } from '@brew/kafka/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { addressesOf } from '../addresses.ts';
import { collect } from '../testing/collect.ts';
import { visible } from '../text/visible.ts';
import { createLedger } from '../verify/ledger.ts';
import { startReading } from '../verify/reading.ts';
import { verify } from '../verify/verify.ts';
import { watch } from '../watch/watch.ts';
import { type ConsumeOptions, consume } from './consume.ts';

const { brokers, registryUrl } = infrastructure();
const log = pino({ level: 'silent' });
const producer = createProducer({ client: createKafkaClient({ brokers, clientId: 'test', log }), log });
const topic = uniqueName('hostile');
const sent: OutgoingRecord[] = [];
/** Key and headers of which text loses something. */
const odd: OutgoingRecord = {
  topic,
  key: Buffer.from('ff01', 'hex'),
  value: Buffer.from('odd'),
  rawHeaders: [
    ['twice', 'first'],
    ['none', null],
    ['twice', 'second'],
    ['__proto__', Buffer.from('80', 'hex')],
    [Buffer.from('fe', 'hex'), ''],
  ],
  headers: {},
};
let good = 0;
/** What other clients pack: events, and between them what is none. */
const packed = uniqueName('packed');

beforeAll(async () => {
  await createTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }]);
  const codec = createCodec({ registryUrl, log });
  await codec.register([OrderCancelled, OrderPlaced]);
  const encode = await createUncheckedEncode(registryUrl, [OrderCancelled, OrderPlaced]);
  await producer.start();

  const contextOf = (orderId: string) => ({
    id: uuidv7(),
    type: OrderCancelled.type,
    source: '/test',
    time: new Date(),
    correlationId: orderId,
  });
  const record = (more: Partial<OutgoingRecord> = {}, data: object = {}): OutgoingRecord => {
    const orderId = uuidv7();
    const value = encode(OrderCancelled, {
      orderId,
      reason: 'out_of_stock',
      cancelledAt: Date.now(),
      ...data,
    });
    return { topic, key: orderId, value, headers: toHeaders(contextOf(orderId)), ...more };
  };
  const placed = (more: object) => {
    const orderId = uuidv7();
    const item = {
      sku: 's',
      name: 'n',
      category: 'drink' as const,
      quantity: 1,
      preparationSeconds: 1,
      unitPrice: { amount: 1, currency: 'EURO' },
    };
    const order = {
      orderId,
      cafeId: 'c',
      customer: { name: 'Ada', address: 'x' },
      items: [item],
      total: { amount: -1, currency: 'EURO' },
      placedAt: 1,
      channel: 'app' as const,
    };
    const headers = toHeaders({ ...contextOf(orderId), type: OrderPlaced.type });
    return { topic, key: orderId, value: encode(OrderPlaced, { ...order, ...more }), headers };
  };
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const bad: OutgoingRecord[] = [
    record({ value: Buffer.from('{}'), headers: {} }),
    record({
      value: Buffer.concat([(placed({}).value as Buffer).subarray(0, 60), Buffer.from('80a8d6b907', 'hex')]),
    }),
    record({ key: Buffer.from('00000000000000ff', 'hex') }),
    record({ key: null, value: null, headers: {} }),
    record({ timestamp: { getTime: () => -9e15 } as Date }),
    record({ value: Buffer.alloc(900_000), headers: {} }),
    record({ value: Buffer.from(deep), headers: {} }),
    placed({ customer: { name: '\u001b[2J\u009b31m\u202egnp', address: 'x'.repeat(900_000) } }),
    placed({}),
    record({}, { cancelledAt: -1 }),
    record({ key: 'another' }),
    record({ headers: { ...toHeaders(contextOf('x')), ce_type: `${OrderCancelled.type}d` } }),
    record({
      key: '\u001b]0;title\u0007',
      value: Buffer.from('\u001b[2J\nforged'),
      headers: { '\u001b[31m': '\u202e' },
    }),
    record({ value: Buffer.from('00000000ff01', 'hex'), headers: {} }),
    odd,
  ];
  for (const one of bad) {
    sent.push(record(), one);
    good++;
  }
  await producer.send(sent);

  const event = (): TestRecord => {
    const { key, value, headers } = record();
    return {
      key: Buffer.from(key ?? ''),
      value,
      headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text))]),
      timestamp: Date.now(),
    };
  };
  const zeros = (bytes: number): TestRecord => ({
    ...event(),
    key: null,
    value: Buffer.alloc(bytes),
    headers: [],
  });
  const noValue: TestRecord = {
    ...event(),
    key: Buffer.from('x'),
    value: Buffer.from('{}'),
    headers: [['note', null]],
  };
  await createTopics([{ name: packed, partitions: 1, replicationFactor: 3, config: {} }]);
  for (const batch of [
    { compression: 'snappy', records: [event(), event()] },
    { compression: 'gzip', records: [event(), zeros(3 * 1024 * 1024), event()] },
    { compression: 'lz4', records: [event(), noValue, event()] },
    { compression: 'gzip', records: [event(), zeros(17 * 1024 * 1024)] }, // more than anybody unpacks
    { compression: 'zstd', records: [event()] },
  ] as const) {
    expect(await writeBatch(packed, 0, batch)).toMatchObject({ baseOffset: expect.anything() });
  }
});
afterAll(() => producer.stop());

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/;

test.each([{}, { headers: true }, { json: true }])(
  'consume shows each of them, and ends in order: %j',
  async (options) => {
    const { io, lines } = collect();
    await consume([topic], options, { brokers, registryUrl }, io, new AbortController().signal);
    const text = lines.join('\n');
    expect(lines.filter((line) => /^(0\/\d+|\{)/.test(line))).toHaveLength(sent.length);
    expect(
      text.match(/OrderCancelled +reason|"type":"brew.orders.v1.OrderCancelled"/g)?.length,
    ).toBeGreaterThanOrEqual(good);
    for (const line of lines) {
      expect(visible(line)).not.toMatch(CONTROLS);
      if ('json' in options) JSON.parse(visible(line));
    }
  },
);

test('consume shows what text would lose of keys and headers: no UTF-8, no value, twice', async () => {
  const shown = async (options: ConsumeOptions): Promise<string[]> => {
    const { io, lines } = collect();
    await consume([topic], options, { brokers, registryUrl }, io, new AbortController().signal);
    return lines;
  };
  const lines = await shown({ headers: true });
  const at = lines.findIndex((line) => line.includes('0xff01'));
  expect(lines.slice(at, at + 6).map((line) => line.trim())).toEqual([
    expect.stringMatching(/ 0xff01 {2}odd$/),
    ...['twice first', 'none null', 'twice second', '__proto__ 0x80', '0xfe'],
  ]);
  const json = (await shown({ json: true })).find((line) => line.includes('0xff01')) ?? '';
  expect(json).toContain('"key":"0xff01"');
  expect(json).toContain('"headers":{"twice":["first","second"],"none":null,"__proto__":"0x80","0xfe":""}');
});

test('watch shows each of them, and goes on', async () => {
  const { io, lines } = collect();
  const stop = new AbortController();
  const addresses = { ...addressesOf(), brokers, registryUrl };
  const watching = watch({ topic: [topic], from: 'beginning' }, addresses, io, stop.signal);
  await until(() => lines.length >= sent.length, { what: 'a line for each' });
  expect(lines).toHaveLength(sent.length);
  for (const line of lines) expect(visible(line)).not.toMatch(CONTROLS);
  await producer.send([sent[0] as OutgoingRecord]);
  await until(() => lines.length > sent.length, { what: 'the next one' });
  stop.abort();
  await watching;
});

test('verify reads to the end, and tells of each that is none', async () => {
  const ledger = createLedger();
  await using reading = await startReading(ledger, new Map([[topic, OrderCancelled.topic]]), {
    brokers,
    registryUrl,
  });
  await until(() => reading.read >= sent.length, { what: 'all of them' });
  // All but the event whose record has a time that is none: nothing else is wrong with it.
  expect(reading.unreadable.length).toBe(sent.length - good - 1);
  for (const { key, problem } of reading.unreadable) expect(`${key}${problem}`.length).toBeLessThan(1_000);
});

describe('what other clients pack', () => {
  // Of the eleven records, two are in a batch that nobody can read.
  const READABLE = 9;
  const EVENTS = 7;
  const addresses = { ...addressesOf(), brokers, registryUrl };
  const lost = new RegExp(`${packed}.*offsets 8 to 9.*can't be unpacked`);

  test('consume shows, and says which records it can not', async () => {
    const { io, lines, notes } = collect();
    await consume([packed], {}, addresses, io, new AbortController().signal);
    expect(lines.filter((line) => /^0\/\d+/.test(line))).toHaveLength(READABLE);
    expect(lines.join('\n').match(/OrderCancelled +reason/g)).toHaveLength(EVENTS);
    expect(notes.filter((note) => lost.test(note))).toHaveLength(1);
  });

  test('watch shows, and says what it stepped over', async () => {
    const { io, lines, notes } = collect();
    const stop = new AbortController();
    const watching = watch({ topic: [packed], from: 'beginning' }, addresses, io, stop.signal);
    await until(() => lines.length >= READABLE, { what: 'the last one' });
    expect(lines.filter((line) => /OrderCancelled +reason/.test(line))).toHaveLength(EVENTS);
    expect(notes).toEqual([expect.stringMatching(lost)]);
    stop.abort();
    await watching;
  });

  test('verify reads to the end, and tells what it stepped over', async () => {
    const { io, lines } = collect();
    const own = new Map([[packed, OrderCancelled.topic]]);
    const ended = new AbortController();
    expect(await verify({ youngerThan: 1 }, addresses, io, ended.signal, own)).toBe(false);
    expect(lines.filter((line) => line.startsWith('✖ readable: '))).toEqual([
      expect.stringContaining('offset 3, key null'),
      expect.stringContaining('offset 6, key x'),
      expect.stringMatching(lost),
    ]);
    // Also for what comes: it waits for none of what it stepped over.
    await using reading = await startReading(createLedger(), own, addresses);
    await reading.readOn(ended.signal);
    expect([await reading.lag(), reading.read]).toEqual([0, READABLE]);
  });
});
