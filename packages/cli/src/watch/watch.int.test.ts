import { type EventType, OrderCancelled, OrderDelivered, toHeaders, uuidv7 } from '@brew/events';
import { createCodec, createKafkaClient, createProducer, type OutgoingRecord } from '@brew/kafka';
import { createTopics } from '@brew/kafka/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { addressesOf } from '../addresses.ts';
import { createBoard } from '../live/board.ts';
import { startFeed } from '../live/feed.ts';
import { plain } from '../text/format.ts';
import { type WatchOptions, watch } from './watch.ts';

const { brokers, registryUrl } = infrastructure();
const addresses = { ...addressesOf(), brokers, registryUrl };
const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'brew-cli-test', log });
const codec = createCodec({ registryUrl, log });
const producer = createProducer({ client, log });
const topic = uniqueName('brew-watch');

const [cancelled, delivered] = [uuidv7(), uuidv7()];

beforeAll(async () => {
  await createTopics([{ name: topic, partitions: 3, replicationFactor: 3, config: {} }]);
  await codec.register([OrderCancelled, OrderDelivered]);
  await codec.prepare([OrderCancelled, OrderDelivered]);
  await producer.start();
  await producer.send([
    recordOf(OrderCancelled, cancelled, {
      orderId: cancelled,
      reason: 'out_of_stock',
      cancelledAt: Date.now(),
    }),
    recordOf(OrderDelivered, delivered, deliveryOf(delivered)),
    { topic, key: 'poison', value: Buffer.from('not avro'), headers: {} },
  ]);
});
afterAll(() => producer.stop());

const deliveryOf = (orderId: string) => ({ orderId, courierId: 'courier-007', deliveredAt: Date.now() });

function recordOf<Data>(type: EventType<Data>, key: string, data: Data): OutgoingRecord {
  const context = { id: uuidv7(), type: type.type, source: '/test', time: new Date(), correlationId: key };
  return { topic, key, value: codec.encode(type, data), headers: toHeaders(context) };
}

/** What watch prints until there are `count` lines. */
async function watched(count: number, options: Partial<WatchOptions>): Promise<string[]> {
  const lines: string[] = [];
  const stop = new AbortController();
  const io = {
    out: async (line: string) => void lines.push(line),
    note: () => {},
    paint: plain,
    columns: () => 0,
  };
  const watching = watch({ topic: [topic], from: 'beginning', ...options }, addresses, io, stop.signal);
  await until(() => lines.length >= count, { what: `${count} lines` });
  stop.abort();
  await watching;
  return lines;
}

describe('watch', () => {
  it('shows decoded events, and also what can not be decoded', async () => {
    const text = (await watched(3, {})).join('\n');
    expect(text).toMatch(new RegExp(`${cancelled}  OrderCancelled +reason out_of_stock`));
    expect(text).toMatch(new RegExp(`${delivered}  OrderDelivered +courierId courier-007`));
    expect(text).toMatch(/poison {2}\? .*offset \d/);
  });

  it('shows only what passes its filters', async () => {
    expect(await watched(1, { type: ['OrderCancelled'] })).toHaveLength(1);
    const [line = '', ...more] = await watched(1, { order: delivered.slice(-8), json: true });
    expect(more).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({
      type: OrderDelivered.type,
      key: delivered,
      data: { courierId: 'courier-007' },
    });
  });
});

describe('the feed of the live view', () => {
  it('brings what is published from now on to the board', async () => {
    const board = createBoard([OrderDelivered.topic.name]);
    await using feed = startFeed(board, [topic], addresses);
    await feed.reading;
    const orderId = uuidv7();
    await producer.send([recordOf(OrderDelivered, orderId, deliveryOf(orderId))]);
    await until(() => board.snapshot(Date.now()).counts.delivered === 1, {
      what: 'the delivery on the board',
    });
    expect(feed.problem()).toBeUndefined();
  });
});
