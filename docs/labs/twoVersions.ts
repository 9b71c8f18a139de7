// Both versions of OrderPlaced in one topic, each read by a reader of either version. See evolve-an-event.md.
import { type EventType, OrderPlaced, toHeaders, uuidv7 } from '@brew/events';
import { olderSchemas } from '@brew/events/olderSchemas';
import { createAdmin, createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import { readAll } from '@brew/kafka/testing';
import avro from 'avsc';
import { pino } from 'pino';
import { brokers, registryUrl } from './addresses.ts';

const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'lab', log });

// A topic of its own: an order that order-service has not taken would confuse everybody else.
const topic = 'lab.two-versions';
const config = { 'retention.ms': '3600000' };
await using admin = createAdmin({ client, log });
await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 3, config }]);

const [version1 = OrderPlaced.schema] = olderSchemas.get(OrderPlaced.type) ?? [];
const versions: EventType[] = [{ ...OrderPlaced, schema: version1 }, OrderPlaced];

const flatWhite = {
  ...{ sku: 'flat-white', name: 'Flat White', category: 'drink', preparationSeconds: 90 },
  ...{ quantity: 2, unitPrice: { amount: 400, currency: 'EUR' } },
};
const order = {
  orderId: uuidv7(),
  cafeId: 'cafe-007',
  customer: { name: 'Ada', address: '12 Analytical Row' },
  items: [flatWhite],
  total: { amount: 800, currency: 'EUR' },
  placedAt: Date.now(),
};
const wrote = [order, { ...order, channel: 'counter' }];

await using producer = createProducer({ client, log });
await producer.start();
for (const [index, type] of versions.entries()) {
  const codec = createCodec({ registryUrl, log });
  await codec.prepare([type]);
  const context = { id: uuidv7(), type: type.type, source: '/lab', correlationId: order.orderId };
  const headers = toHeaders({ ...context, time: new Date() });
  await producer.send([{ topic, key: order.orderId, value: codec.encode(type, wrote[index]), headers }]);
}

console.log('                       read as version 1   read as version 2');
const records = (await readAll(client, [topic])).filter(({ key }) => key === order.orderId);
for (const [index, { value }] of records.entries()) {
  if (!value) continue;
  // A zero byte, four bytes with the id of the schema that it was written with, and then the event itself.
  const answer = await fetch(`${registryUrl}/schemas/ids/${value.readInt32BE(1)}`);
  const { schema } = (await answer.json()) as { schema: string };
  const writer = avro.Type.forSchema(JSON.parse(schema));
  const cells = versions.map((type) => {
    const reader = avro.Type.forSchema(type.schema as never);
    const { channel = '-' } = reader.fromBuffer(value.subarray(5), reader.createResolver(writer));
    return `channel ${channel}`.padEnd(20);
  });
  console.log(`written as version ${index + 1}   ${cells.join('').trimEnd()}`);
}
