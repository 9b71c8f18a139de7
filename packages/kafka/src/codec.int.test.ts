import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type Event,
  type EventType,
  eventTypes,
  OrderPlaced,
  PaymentReceived,
  PaymentRefunded,
  rules,
  toHeaders,
  uuidv7,
} from '@brew/events';
import { olderSchemas } from '@brew/events/olderSchemas';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import { readWhole } from './codec/fields/readWhole.ts';
import { createReaders } from './codec/readers.ts';
import { createRegistry } from './codec/registry.ts';
import { HEADER_BYTES, schemaIdIn } from './codec/wireFormat.ts';
import { createCodec } from './codec.ts';
import {
  InvalidEventError,
  NotPreparedError,
  RegistryUnavailableError,
  SchemaIncompatibleError,
  UndecodableRecordError,
} from './errors.ts';
import { createProducer } from './producer.ts';
import type { ReceivedRecord } from './record.ts';
import { createUncheckedEncode } from './testing/encodeUnchecked.ts';
import { clientOf, createTopic, log, readAll } from './testing/kafka.ts';

const { registryUrl } = infrastructure();
const codec = createCodec({ registryUrl, log });

const doors: Server[] = [];

afterEach(() => {
  for (const door of doors.splice(0)) {
    door.close();
    door.closeAllConnections();
  }
});

beforeAll(async () => {
  await codec.register(eventTypes);
  await codec.prepare(eventTypes);
});

const ORDER = uuidv7();
const payment = {
  orderId: ORDER,
  paymentId: 'payment-1',
  amount: { amount: 450, currency: 'EUR' },
  receivedAt: 1_700_000_000_123,
};
const time = new Date('2026-01-02T03:04:05.678Z');

const context = { id: uuidv7(), source: '/brew/order', time, correlationId: ORDER };
const anOrder: OrderPlaced = {
  orderId: ORDER,
  cafeId: 'cafe-001',
  customer: { name: 'Ada', address: 'Bean Lane 1' },
  items: [
    {
      ...{ sku: 'latte', name: 'Latte', category: 'drink', quantity: 1, preparationSeconds: 30 },
      unitPrice: { amount: 450, currency: 'EUR' },
    },
  ],
  total: { amount: 450, currency: 'EUR' },
  placedAt: 1_700_000_000_123,
  channel: 'counter',
};

const received = (value: Buffer | null, headers: Partial<Record<string, string>> = {}) => ({
  topic: PaymentReceived.topic.name,
  partition: 0,
  offset: 0n,
  key: ORDER,
  value,
  headers: {
    ...toHeaders({ ...context, type: PaymentReceived.type }),
    ...(headers as Record<string, string>),
  },
  timestamp: time,
});

/** A type of its own name and subject, so that a test may do to its schema what it likes. */
const typeOf = (subject: string, fields: object[], name = PaymentReceived.name): EventType =>
  ({
    ...PaymentReceived,
    subject,
    schema: { type: 'record', name, namespace: PaymentReceived.topic.name, fields },
  }) as unknown as EventType;

test('gives back what went in, with what the headers tell', async () => {
  const event = (await codec.decode(received(codec.encode(PaymentReceived, payment)))) as Event<
    typeof payment
  >;
  expect(event).toMatchObject({
    type: PaymentReceived,
    source: '/brew/order',
    time,
    correlationId: ORDER,
  });
  expect(event.data).toEqual(payment);
});

test('writes what other Confluent clients read', async () => {
  const other = new SchemaRegistry({ host: registryUrl });
  expect(await other.decode(codec.encode(PaymentReceived, payment))).toEqual(payment);
});

test('reads what other Confluent clients write', async () => {
  const other = new SchemaRegistry({ host: registryUrl });
  const id = await other.getRegistryIdBySchema(PaymentReceived.subject, PaymentReceived.schema as never);
  const { data } = await codec.decode(received(await other.encode(id, payment)));
  expect(data).toEqual(payment);
});

test('puts each schema under the rule BACKWARD_TRANSITIVE, and again without harm', async () => {
  await codec.register([PaymentReceived]);
  const response = await fetch(`${registryUrl}/config/${PaymentReceived.subject}`);
  expect(await response.json()).toMatchObject({ compatibilityLevel: 'BACKWARD_TRANSITIVE' });
});

test('names the field that makes an event invalid', () => {
  const wrong = { ...payment, amount: { amount: '4.50', currency: 'EUR' }, paymentId: undefined };
  const encode = () => codec.encode(PaymentReceived, wrong as never);
  expect(encode).toThrow(InvalidEventError);
  expect(encode).toThrow(/paymentId is missing.*amount\.amount is "4\.50"/);
});

test('writes as much money as the rules let in, of any currency: what was taken can be told to be given back', async () => {
  const amount = { amount: rules.paid.max, currency: 'XBT' };
  const refunded = { orderId: ORDER, paymentId: 'payment-1', refundId: 're-1', amount, refundedAt: 1 };
  const value = codec.encode(PaymentRefunded, refunded);
  const headers = { ce_type: PaymentRefunded.type };
  expect((await codec.decode(received(value, headers))).data).toEqual(refunded);
  const more = { ...refunded, amount: { ...amount, amount: rules.paid.max + 1 } };
  expect(() => codec.encode(PaymentRefunded, more)).toThrow(InvalidEventError);
});

test('takes the default of what is left out, or names it, in each type', () => {
  for (const type of eventTypes) {
    const sample = avro.Type.forSchema(type.schema as never).random() as unknown as Record<string, unknown>;
    for (const { name, ...field } of type.schema.fields) {
      const encode = () => codec.encode(type, { ...sample, [name]: undefined });
      if ('default' in field) expect(encode).not.toThrow(new RegExp(`${name} is`));
      else expect(encode).toThrow(new RegExp(`: .*\\b${name} is missing`));
    }
  }
  const request = { orderId: ORDER, requestedAt: 1_700_000_000_123 };
  const type = eventTypes.find(({ name }) => name === 'CancellationRequested') as EventType;
  expect(
    avro.Type.forSchema(type.schema as never).fromBuffer(codec.encode(type, request).subarray(HEADER_BYTES)),
  ).toEqual(expect.objectContaining({ ...request, cafeId: null }));
});

test('encodes nothing that it was not prepared for', () => {
  const unprepared = createCodec({ registryUrl, log });
  expect(() => unprepared.encode(PaymentReceived, payment)).toThrow(NotPreparedError);
});

const { fields } = PaymentReceived.schema;
const added = { name: 'tip', type: 'long', default: 7 };

test('reads what newer and older versions of an event wrote', async () => {
  const subject = uniqueName('versions');
  const newer = typeOf(subject, [...fields, added]);
  const writer = createCodec({ registryUrl, log });
  await writer.register([typeOf(subject, [...fields]), newer]);
  await writer.prepare([newer]);

  // Newer than this process: what it doesn't know is left out.
  const { data } = await codec.decode(received(writer.encode(newer, { ...payment, tip: 50 })));
  expect(data).toEqual(payment);

  // Older than this process: what it lacks has its default.
  const older = typeOf(subject, fields.slice(0, 3));
  const ownType = avro.Type.forSchema({
    ...PaymentReceived.schema,
    fields: [...fields.slice(0, 3), { name: 'receivedAt', type: 'long', default: 0 }],
  } as never);
  const readers = createReaders({ schemaOf: async () => avro.Type.forSchema(older.schema as never) });
  const read = await readers.learn(1, {
    ...PaymentReceived,
    schema: JSON.parse(JSON.stringify(ownType.schema({ exportAttrs: true }))),
  });
  const bytes = avro.Type.forSchema(older.schema as never).toBuffer(payment);
  expect(readWhole(read, 1, bytes, 0, bytes.length)).toEqual({ ...payment, receivedAt: 0 });
});

test("version 1 and 2 of OrderPlaced are in one topic, and yesterday's reader and today's read both", async () => {
  const [first] = olderSchemas.get(OrderPlaced.type) ?? [];
  const yesterday: EventType = { ...OrderPlaced, schema: first ?? OrderPlaced.schema };
  const old = createCodec({ registryUrl, log });
  await old.register([yesterday]);
  await old.prepare([yesterday]);

  const { channel: _, ...order } = anOrder;
  const topic = await createTopic('versions');
  await using producer = createProducer({ client: clientOf(), log });
  await producer.start();
  const headers = toHeaders({ ...context, type: OrderPlaced.type });
  await producer.send([
    { topic, key: order.orderId, value: old.encode(yesterday, order), headers },
    { topic, key: order.orderId, value: codec.encode(OrderPlaced, anOrder), headers },
  ]);
  const records = await readAll(topic);
  const idOf = ({ value }: ReceivedRecord) => value?.readInt32BE(1);
  expect(new Set(records.map(idOf)).size).toBe(2);

  const today = await Promise.all(records.map((record) => codec.decode(record)));
  expect(today.map(({ data }) => data)).toEqual([{ ...order, channel: 'app' }, anOrder]);

  const readers = createReaders(createRegistry(registryUrl));
  const before = records.map(async ({ value }) => {
    const bytes = value ?? Buffer.alloc(0);
    const schemaId = schemaIdIn(bytes, 0, bytes.length) ?? 0;
    const read = await readers.learn(schemaId, yesterday);
    return readWhole(read, schemaId, bytes, HEADER_BYTES, bytes.length);
  });
  expect(await Promise.all(before)).toEqual([order, order]);
});

test('says which rule a schema breaks, and leaves the registry as it was', async () => {
  const subject = uniqueName('incompatible');
  await codec.register([typeOf(subject, [...fields])]);
  const breaking = typeOf(subject, [...fields, { name: 'mandatory', type: 'string' }]);
  const refused = codec.register([breaking]);
  await expect(refused).rejects.toThrow(SchemaIncompatibleError);
  await expect(refused).rejects.toThrow(new RegExp(`${subject}.*mandatory`));
  const versions = await (await fetch(`${registryUrl}/subjects/${subject}/versions`)).json();
  expect(versions).toEqual([1]);
});

test('checks a schema against all versions, not only the last', async () => {
  const subject = uniqueName('transitive');
  await codec.register([typeOf(subject, [])]);
  await codec.register([typeOf(subject, [{ name: 'a', type: 'string', default: '' }])]);
  const breaking = typeOf(subject, [{ name: 'a', type: 'string' }]);
  await expect(codec.register([breaking])).rejects.toThrow(SchemaIncompatibleError);
});

test('decodes many as it decodes each, and all or none of them', async () => {
  const records = [1, 2, 3].map((n) =>
    received(codec.encode(PaymentReceived, { ...payment, receivedAt: payment.receivedAt + n })),
  );
  const each = await Promise.all(records.map(codec.decode));
  const fresh = createCodec({ registryUrl, log });
  // First it has to ask for their schema, then it knows it.
  expect(await fresh.decodeAll(records)).toEqual(each);
  expect(await fresh.decodeAll(records)).toEqual(each);
  await expect(fresh.decodeAll([...records, received(null)])).rejects.toThrow('tombstone');
});

test.each<[string, () => ReceivedRecord | Promise<ReceivedRecord>, RegExp]>([
  ['no value', () => received(null), /tombstone/],
  ['no frame', () => received(Buffer.from('{"orderId":"order-1"}')), /wire format/],
  [
    'bytes that end too early',
    () => received(codec.encode(PaymentReceived, payment).subarray(0, 12)),
    /bytes/,
  ],
  ['an id that nobody has', () => received(Buffer.from([0, 0x7f, 0, 0, 1, 0])), /no schema 2130706433/],
  [
    'headers of another event',
    () => ({
      ...received(codec.encode(PaymentReceived, payment), { ce_type: OrderPlaced.type }),
      topic: OrderPlaced.topic.name,
    }),
    /OrderPlaced/,
  ],
  [
    'a type that is unknown here',
    () => received(codec.encode(PaymentReceived, payment), { ce_type: 'x.Y' }),
    /x\.Y/,
  ],
  ['no id', () => received(codec.encode(PaymentReceived, payment), { ce_id: '' }), /ce_id/],
])('calls a record with %s undecodable, for ever', async (_what, make, why) => {
  const error = await codec.decode(await make()).catch((e) => e);
  expect(error).toBeInstanceOf(UndecodableRecordError);
  expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(why) });
});

test.each<[string, Partial<ReceivedRecord>, RegExp]>([
  ['in another topic than its own', { topic: OrderPlaced.topic.name }, /does not belong on brew.orders.v1/],
  ['under another key', { key: uuidv7() }, /has the key/],
  ['under no key', { key: null }, /has the key null/],
  ['with an id that is none', { headers: { ce_id: 'event-1' } }, /not a UUID/],
  ['of another order than it says', { headers: { ce_correlationid: uuidv7() } }, /the correlation id/],
])('refuses an event %s', async (_, change, why) => {
  const record = received(codec.encode(PaymentReceived, payment));
  const changed = { ...record, ...change, headers: { ...record.headers, ...change.headers } };
  await expect(codec.decode(changed)).rejects.toMatchObject({
    retryable: false,
    message: expect.stringMatching(why),
  });
});

test('knows an event whose id is written in capitals', async () => {
  const id = context.id.toUpperCase();
  const event = await codec.decode(received(codec.encode(PaymentReceived, payment), { ce_id: id }));
  expect(event.id).toBe(context.id);
});

test('neither emits nor believes what is against the rules', async () => {
  const cheap = { ...payment, amount: { amount: -1, currency: 'EUR' } };
  const large = { ...payment, amount: { amount: 2 ** 53 - 1, currency: 'EUR' } };
  expect(() => codec.encode(PaymentReceived, cheap)).toThrow('amount.amount is -1, not 0 to');
  const encode = await createUncheckedEncode(registryUrl, [PaymentReceived]);
  await expect(codec.decode(received(encode(PaymentReceived, cheap)))).rejects.toThrow(InvalidEventError);
  // One more than a number is exact for, in the bytes of a long that it is in.
  const bytes = encode(PaymentReceived, { ...large, amount: { amount: 2 ** 52 - 1, currency: 'EUR' } });
  const [was, becomes] = [Buffer.from('feffffffffffff0f', 'hex'), Buffer.from('8080808080808020', 'hex')];
  const at = bytes.indexOf(was);
  expect(at).toBeGreaterThan(0);
  becomes.copy(bytes, at);
  await expect(codec.decode(received(bytes))).rejects.toThrow('amount.amount is 9007199254740992, not 0 to');
});

test('takes a registry that nobody can reach for an outage, not for a bad schema', async () => {
  const lost = createCodec({ registryUrl: 'http://127.0.0.1:1/apis/ccompat/v7', log });
  for (const attempt of [
    () => lost.register([PaymentReceived]),
    () => lost.decode(received(codec.encode(PaymentReceived, payment))),
  ]) {
    const error = await attempt().catch((e) => e);
    expect(error).toBeInstanceOf(RegistryUnavailableError);
    expect(error.retryable).toBe(true);
  }
});

test('waits for a registry that comes up late', async () => {
  let failures = 3;
  const registryUrl = await inFrontOfRegistry((_request, response) => {
    if (failures-- > 0) response.writeHead(503).end();
  });
  const late = createCodec({ registryUrl, log });
  await late.prepare([PaymentReceived]);
  expect(late.encode(PaymentReceived, payment).equals(codec.encode(PaymentReceived, payment))).toBe(true);
  expect(failures).toBeLessThanOrEqual(0);
});

test('asks again when an answer is lost, each time on a connection of its own', async () => {
  const asked = new Set<string>();
  const connections = new Set<Socket>();
  let requests = 0;
  const registryUrl = await inFrontOfRegistry((request, response) => {
    requests++;
    connections.add(request.socket);
    const question = `${request.method} ${request.url}`;
    if (!asked.has(question)) response.destroy();
    asked.add(question);
  });
  const type = typeOf(uniqueName('lost'), [...fields]);
  const unlucky = createCodec({ registryUrl, log });
  expect(await unlucky.isRegistered(type)).toBe(false);
  await unlucky.register([type]);
  await unlucky.prepare([type]);
  const read = await unlucky.decode(received(codec.encode(PaymentReceived, payment)));
  expect(read.data).toEqual(payment);
  // Versions; compatibility, a new version; its id; a schema of an id. Each was asked twice.
  expect(asked.size).toBe(5);
  expect(requests).toBeGreaterThanOrEqual(2 * asked.size);
  expect(connections.size).toBe(requests);
});

test('stops waiting for the registry when told to', async () => {
  const lost = createCodec({ registryUrl: 'http://127.0.0.1:1/apis/ccompat/v7', log });
  await expect(lost.prepare([PaymentReceived], AbortSignal.timeout(100))).rejects.toThrow('timeout');
});

/** Stands in front of the real registry: hands its answers on, except where `onAnswer` ends the response. */
async function inFrontOfRegistry(onAnswer: (request: IncomingMessage, response: ServerResponse) => void) {
  const { origin, pathname } = new URL(registryUrl);
  const door = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    const answer = await fetch(origin + request.url, {
      method: request.method ?? 'GET',
      headers: { 'Content-Type': 'application/json' },
      ...(body && { body }),
    });
    const text = await answer.text();
    onAnswer(request, response);
    if (response.writableEnded || response.destroyed) return;
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const { port } = door.address() as AddressInfo;
  doors.push(door);
  return `http://127.0.0.1:${port}${pathname}`;
}

test('believes a registry that says no only if it is the registry that says so', async () => {
  const pages = { 404: '<html>no upstream</html>', 409: 'busy', 422: '{"detail":"who are you?"}' };
  for (const [status, page] of Object.entries(pages)) {
    const url = await inFrontOfRegistry((_request, response) => response.writeHead(Number(status)).end(page));
    const behind = createCodec({ registryUrl: url, log });
    for (const attempt of [
      () => behind.isRegistered(PaymentReceived),
      () => behind.register([PaymentReceived]),
      () => behind.decode(received(codec.encode(PaymentReceived, payment))),
    ]) {
      await expect(attempt()).rejects.toThrow(RegistryUnavailableError);
    }
  }
});

test('decodes what was written with a schema that its node of the registry learns of a moment later', async () => {
  let unaware = 3;
  const late = await inFrontOfRegistry((request, response) => {
    if (!request.url?.includes('/schemas/ids/') || unaware-- <= 0) return;
    response.writeHead(404).end('{"error_code":40403,"message":"Schema not found"}');
  });
  const reader = createCodec({ registryUrl: late, log });
  const { data } = await reader.decode(received(codec.encode(PaymentReceived, payment)));
  expect(data).toEqual(payment);
});
