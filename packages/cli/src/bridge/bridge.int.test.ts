import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  BrewError,
  type Bridge,
  type EventType,
  OrderCancelled,
  OrderPlaced,
  ordersV2,
  toHeaders,
  uuidv7,
  v2,
} from '@brew/events';
import { olderSchemas } from '@brew/events/olderSchemas';
import {
  createAdmin,
  createCodec,
  createKafkaClient,
  createProducer,
  delay,
  type OutgoingRecord,
  type ReceivedRecord,
} from '@brew/kafka';
import { createInspector } from '@brew/kafka/inspect';
import { createTopics, readAll } from '@brew/kafka/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { plain } from '../text/format.ts';
import { bridge } from './bridge.ts';

const { brokers, registryUrl } = infrastructure();
const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'brew-bridge-test', log });
const admin = createAdmin({ client, log });
const producer = createProducer({ client, log });
/** Today's producers, and those of yesterday, who know version 1 of OrderPlaced. */
const codec = createCodec({ registryUrl, log });
const yesterdaysCodec = createCodec({ registryUrl, log });
const [first = OrderPlaced.schema] = olderSchemas.get(OrderPlaced.type) ?? [];
const yesterdaysOrderPlaced: EventType = { ...OrderPlaced, schema: first };

let pair: Bridge;

beforeAll(async () => {
  await codec.register([OrderPlaced, OrderCancelled]);
  await codec.prepare([OrderPlaced, OrderCancelled]);
  await yesterdaysCodec.register([yesterdaysOrderPlaced]);
  await yesterdaysCodec.prepare([yesterdaysOrderPlaced]);
  await producer.start();
});
afterAll(() => Promise.all([producer.stop(), admin.close()]));

/** The bridge of orders, between topics that no other test knows. Its source is there, its target is not. */
beforeEach(async () => {
  const group = uniqueName('bridge');
  const source = { ...ordersV2.source, name: uniqueName('orders-v1') };
  const target = { ...ordersV2.target, name: uniqueName('orders-v2') };
  pair = { ...ordersV2, group, source, target };
  await createTopics([source]);
});

/** Not long ago: what is older than the topic's retention would be deleted in the midst of a test. */
const MINUTE_AGO = new Date(Date.now() - 60_000);

const EUR = (amount: number) => ({ amount, currency: 'EUR' });
const latte = {
  sku: 'latte',
  name: 'Latte',
  category: 'drink',
  quantity: 2,
  preparationSeconds: 90,
} as const;

/** Version 1 of an order, which has no channel. */
const orderOf = (orderId: string) => ({
  orderId,
  cafeId: 'cafe-001',
  customer: { name: 'Ada', address: 'Bean Lane 1' },
  items: [{ ...latte, unitPrice: EUR(420) }],
  total: EUR(840),
  placedAt: 1_700_000_000_000,
});

function recordOf(type: EventType, orderId: string, value: Buffer): OutgoingRecord {
  const context = { id: uuidv7(), type: type.type, source: '/brew/order', correlationId: orderId };
  const headers = toHeaders({ ...context, time: new Date('2026-01-02T03:04:05.678Z') });
  return {
    topic: pair.source.name,
    key: orderId,
    value,
    headers,
    timestamp: MINUTE_AGO,
  };
}
const placedYesterday = (orderId: string) =>
  recordOf(OrderPlaced, orderId, yesterdaysCodec.encode(yesterdaysOrderPlaced, orderOf(orderId)));
const placed = (orderId: string, changes: Partial<OrderPlaced> = {}) =>
  recordOf(
    OrderPlaced,
    orderId,
    codec.encode(OrderPlaced, { ...orderOf(orderId), channel: 'counter', ...changes }),
  );
const cancelled = (orderId: string) =>
  recordOf(
    OrderCancelled,
    orderId,
    codec.encode(OrderCancelled, { orderId, reason: 'customer_request', cancelledAt: 1_700_000_001_000 }),
  );

/** Bridges all there is. @returns what was printed, where printing a moment of the progress may take its time */
async function catchUp(printing: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const lines: string[] = [];
  const out = async (line: string) => {
    if (line.includes('a second')) await printing();
    lines.push(line);
  };
  const io = { out, note: () => undefined, paint: plain, columns: () => 0 };
  await bridge(pair, { untilCaughtUp: true }, infrastructure(), io, new AbortController().signal);
  return lines;
}

const bridged = () => readAll(client, [pair.target.name]);

test('says each event in the words of the next version, and leaves it the same event', async () => {
  const [one, two] = [uuidv7(), uuidv7()];
  const sent = [placedYesterday(one), placed(two), cancelled(one)];
  await producer.send(sent);
  const [what, ...lines] = await catchUp();
  expect(what).toBe(`${pair.source.name} → ${pair.target.name}, as group ${pair.group}`);
  expect(lines.at(-1)).toMatch(/^✔ caught up: 3 records in [\d.]+ s$/);

  const records = await bridged();
  const dataOf = async (type: EventType, orderId: string) => {
    const record = records.find(({ key, headers }) => key === orderId && headers.ce_type === type.type);
    return record && (await codec.decode(record)).data;
  };
  const { items: _, total: __, ...order } = orderOf(one);
  const now = { ...order, items: [{ ...latte, unitPrice: 420 }], currency: 'EUR', total: 840 };
  expect(await dataOf(v2.OrderPlaced, one)).toEqual({ ...now, channel: 'app' });
  expect(await dataOf(v2.OrderPlaced, two)).toEqual({ ...now, orderId: two, channel: 'counter' });
  expect(await dataOf(v2.OrderCancelled, one)).toMatchObject({ orderId: one, reason: 'customer_request' });

  const idOf = ({ headers }: { headers: OutgoingRecord['headers'] }) => headers.ce_id;
  for (const record of records) {
    const before = sent.find((each) => idOf(each) === idOf(record));
    const type = String(before?.headers.ce_type).replace('.v1.', '.v2.');
    expect(record.headers).toEqual({ ...before?.headers, ce_type: type });
    expect(record.timestamp).toEqual(before?.timestamp);
  }
});

test('tells how it ended last, after what was just being told', async () => {
  await producer.send(Array.from({ length: 100 }, () => placed(uuidv7())));
  await using inspector = createInspector({ client });
  let telling = false;
  // Nothing is bridged before something is being told …
  const { translate } = pair;
  pair = {
    ...pair,
    translate(event) {
      if (!telling) throw new BrewError('BREW_REGISTRY_UNAVAILABLE', 'Not yet.');
      return translate(event);
    },
  };
  // … and that takes until everything is, and a moment more, in which the end could be told before it.
  const lines = await catchUp(async () => {
    telling = true;
    await until(async () => (await bridged()).length === 100, { what: 'all to be bridged' });
    await until(async () => (await inspector.group(pair.group)).members.length === 0, {
      what: 'the bridge to leave its group',
    });
    await delay(1_000);
  });
  expect(lines.at(-2)).toContain('a second');
  expect(lines.at(-1)).toMatch(/^✔ caught up: 100 records in/);
});

test('parks what can not be said in the next version, with its provenance, and goes on', async () => {
  const [one, two] = [uuidv7(), uuidv7()];
  const mixed = placed(one, { total: { amount: 840, currency: 'USD' } });
  const foreign = { topic: pair.source.name, key: two, value: Buffer.from('{}'), headers: {} };
  await producer.send([mixed, foreign, placed(two)]);
  const lines = await catchUp();
  expect(lines.at(-1)).toBe(`2 of them are in ${pair.group}.dlq; their headers say why.`);

  expect((await bridged()).map(({ key }) => key)).toEqual([two]);
  const letters = await readAll(client, [`${pair.group}.dlq`]);
  const letterOf = (key: string) => letters.find((letter) => letter.key === key);
  expect(letterOf(one)).toMatchObject({
    value: mixed.value,
    headers: {
      ...mixed.headers,
      dlq_source_topic: pair.source.name,
      dlq_error_code: 'BREW_EVENT_UNTRANSLATABLE',
      dlq_error_message: expect.stringContaining('latte is priced in EUR, the order in USD'),
    },
  });
  expect(letterOf(two)).toMatchObject({ headers: { dlq_error_code: 'BREW_RECORD_UNDECODABLE' } });
});

/** Runs `brew bridge` in another process until it has brought so many more offsets, and kills it. */
async function killAfter(growth: number): Promise<void> {
  const { group, source, target } = pair;
  const names = JSON.stringify({ group, source: source.name, target: target.name });
  const main = fileURLToPath(new URL('../testing/bridgeMain.ts', import.meta.url));
  const offsets = async () => {
    const ends = await admin.topicOffsets(target.name);
    return ends.reduce((sum, { latest }) => sum + Number(latest), 0);
  };
  const before = await offsets();
  const child = spawn(process.execPath, [main, names], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    // It starts a process, on a machine that may be busy.
    await until(async () => (await offsets()) - before >= growth, {
      what: `${growth} more offsets`,
    });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

test('brings each record once, in order per key, however often it is killed', async () => {
  await admin.ensureTopics([pair.target]);
  const sent: OutgoingRecord[] = [];
  const killedAfter = Array.from({ length: 5 }, () => Math.ceil(Math.random() * 300));
  for (const growth of killedAfter) {
    const orders = Array.from({ length: 200 }, () => uuidv7());
    const more = [
      ...orders.slice(0, 100).map(placedYesterday),
      ...orders.slice(100).map((orderId) => placed(orderId)),
      ...orders.map(cancelled),
    ];
    sent.push(...more);
    await producer.send(more);
    await killAfter(growth);
  }
  await catchUp();

  const perKey = (records: readonly (OutgoingRecord | ReceivedRecord)[]) =>
    Object.fromEntries(
      [...Map.groupBy(records, ({ key }) => String(key))].map(([key, of]) => [
        key,
        of.map(({ headers }) => headers.ce_id),
      ]),
    );
  // The moments are there so that a failure tells them.
  expect({ killedAfter, ids: perKey(await bridged()) }).toEqual({ killedAfter, ids: perKey(sent) });
});

test('does not begin anew when nobody knows how far it was', async () => {
  await producer.send([placed(uuidv7())]);
  await catchUp();
  // As if Kafka had forgotten the offsets: a group that has none.
  pair = { ...pair, group: uniqueName('bridge') };
  await expect(catchUp()).rejects.toMatchObject({
    code: 'BREW_POSITION_LOST',
    message: expect.stringContaining(`how far ${pair.group} was`),
  });
  expect(await bridged()).toHaveLength(1);
});

test('leaves a target that is not as declared as it is', async () => {
  await admin.ensureTopics([{ ...pair.target, partitions: 3 }]);
  await producer.send([placed(uuidv7())]);
  await expect(catchUp()).rejects.toMatchObject({
    code: 'BREW_TOPIC_DIFFERS',
    message: expect.stringContaining(`${pair.target.name}: it has 3 partitions, declared are 6`),
  });
  expect(await bridged()).toEqual([]);
});

test('makes no topic when there is nothing to bridge', async () => {
  pair = { ...pair, source: { ...pair.source, name: uniqueName('nowhere') } };
  await expect(catchUp()).rejects.toMatchObject({ code: 'BREW_TOPIC_MISSING' });
  const names = (await admin.describeTopics()).map(({ name }) => name);
  expect(names).not.toContain(pair.target.name);
});
