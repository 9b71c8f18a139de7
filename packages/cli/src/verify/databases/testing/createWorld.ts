import { cafes, type EventType, eventTypeOf, orderTopics, toHeaders } from '@brew/events';
import { createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import { createTopics } from '@brew/kafka/testing';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { collect } from '../../../testing/collect.ts';
import { type AnyEvent, type Flow, soundOrder } from '../../testing/soundOrder.ts';
import { type VerifyOptions, verify } from '../../verify.ts';
import type { DatabaseBreach, SetResult } from '../result.ts';
import { keepBooks } from './keepBooks.ts';
import { createTestDatabases, type TestDatabases } from './testDatabases.ts';

const HOUR_MS = 3_600_000;

/** What a breach says, and of which set. */
export const inWords = ({ set, sentences }: DatabaseBreach) => [set, ...sentences];

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * Topics and databases of a test's own, which agree: with an order for each of these flows.
 * @param change what becomes of each event
 */
export async function createWorld(
  kinds: readonly Flow[],
  change: (event: AnyEvent) => AnyEvent = (event) => event,
) {
  const { brokers, registryUrl } = infrastructure();
  const log = pino({ level: 'silent' });
  const codec = createCodec({ registryUrl, log });
  const types = orderTopics.flatMap(({ name, events }) =>
    events.map((event) => eventTypeOf(`${name}.${event}`) as EventType),
  );
  await codec.register(types);
  await codec.prepare(types);
  const topics = new Map(orderTopics.map((topic) => [uniqueName(topic.name), topic]));
  await createTopics([...topics].map(([name, topic]) => ({ ...topic, name, config: {} })));
  const nameOf = (type: EventType) => [...topics].find(([, { name }]) => name === type.topic.name)?.[0] ?? '';

  // A second apart, so that the last is known, and all in one hour.
  const begin = Math.floor(Date.now() / HOUR_MS - 1) * HOUR_MS;
  const orders = kinds.map((flow, i) => withOwnPayments(soundOrder(flow, begin + i * 1_000)).map(change));
  const client = createKafkaClient({ brokers, clientId: 'brew-cli-test', log });
  const producer = createProducer({ client, log });
  await producer.start();
  await producer.send(
    orders.flat().map(({ type, data, ...context }) => ({
      topic: nameOf(type),
      key: context.correlationId,
      value: codec.encode(type, data),
      headers: toHeaders({ ...context, type: type.type }),
    })),
  );
  await producer.stop();
  const databases = await createTestDatabases();
  for (const events of orders) await keepBooks(databases, events);
  await openShops(databases);
  await keepReports(databases, [...topics.keys()], orders, new Date(begin));

  const where = { brokers, registryUrl, databaseUrl: databases.urlOf };
  async function run(options: Partial<VerifyOptions> = {}, patienceMs?: number) {
    const { io, lines } = collect();
    const all = { youngerThan: 0, databases: true, ...options };
    const sound = await verify(all, where, io, new AbortController().signal, topics, patienceMs);
    return { sound, text: lines.join('\n') };
  }
  return {
    topics,
    where,
    databases,
    /** The ids of the orders, in the order of the flows. */
    ids: orders.map(([first]) => first?.correlationId as string),
    run,
    /** What `--json` has of the databases. */
    async find(options: Partial<VerifyOptions> = {}, patienceMs?: number) {
      const { sound, text } = await run({ json: true, ...options }, patienceMs);
      const report = JSON.parse(text) as { databaseBreaches: DatabaseBreach[]; databases: SetResult[] };
      return { sound, breaches: report.databaseBreaches, sets: report.databases };
    },
    [Symbol.asyncDispose]: async () => databases[Symbol.asyncDispose](),
  };
}

/** Payments with ids of their own: the provider has a key on them. */
function withOwnPayments(events: AnyEvent[]): AnyEvent[] {
  return events.map((event) => {
    const { paymentId, refundId } = event.data;
    const own = (id: unknown) => `${id}-${event.correlationId}`;
    const data = { ...event.data, ...(paymentId ? { paymentId: own(paymentId) } : {}) };
    return { ...event, data: { ...data, ...(refundId ? { refundId: own(refundId) } : {}) } };
  });
}

/** A menu of one item, full shelves of it, and a barista where all orders are made. */
async function openShops(databases: TestDatabases): Promise<void> {
  const catalog = databases.of('catalog');
  await catalog.query(
    `insert into menu_items values ('latte', 'Latte', 'drink', 420, 'EUR', 60, 1000, now())`,
  );
  // The first one, whose id reservations name.
  const ids = cafes.map(({ id }) => id).toSorted((a) => (a === 'cafe-007' ? -1 : 0));
  await catalog.query(
    `insert into stock (cafe_id, sku, available, delivered)
     select cafe_id, 'latte', 1000 - case cafe_id when 'cafe-007' then kept else 0 end, 1000
     from unnest($1::text[]) with ordinality as cafes (cafe_id, number),
          (select 2 * count(*) as kept from reservations where released_at is null) as reserved order by number`,
    [ids],
  );
  await databases.of('kitchen').query(`insert into slots values ('cafe-007', 1)`);
}

/** What analytics makes of all orders. */
async function keepReports(
  databases: TestDatabases,
  topics: readonly string[],
  orders: readonly AnyEvent[][],
  hour: Date,
): Promise<void> {
  const sql = databases.of('analytics');
  for (const schema of ['sales_g1', 'funnel_g1', 'top_drinks_g1', 'latency_g1']) {
    for (const topic of topics) {
      await sql.query(
        `insert into ${schema}.positions select $1, partition, 1000 from generate_series(0, 5) as partition`,
        [topic],
      );
    }
  }
  const told = orders.flat().map(({ type }) => type.name);
  const count = (name: string) => told.filter((each) => each === name).length;
  await sql.query(
    `insert into sales_g1.by_hour (cafe_id, hour, currency, orders, amount) values ('cafe-007', $3, 'EUR', $1, $2)`,
    [count('OrderDelivered'), count('OrderDelivered') * 840, hour],
  );
  const steps = {
    ...{
      placed: 'OrderPlaced',
      stockReserved: 'StockReserved',
      paid: 'PaymentReceived',
      started: 'KitchenStarted',
    },
    ...{
      ready: 'OrderReady',
      assigned: 'CourierAssigned',
      delivered: 'OrderDelivered',
      refunded: 'PaymentRefunded',
    },
  };
  for (const [step, name] of Object.entries(steps))
    await sql.query(`insert into funnel_g1.counts (step, reason, orders, hour) values ($1, '', $2, $3)`, [
      step,
      count(name),
      hour,
    ]);
  await sql.query(
    `insert into funnel_g1.counts (step, reason, orders, hour) values ('cancelled', 'customer_request', $1, $2)`,
    [count('OrderCancelled'), hour],
  );
  await sql.query(
    `insert into top_drinks_g1.counts (sku, name, named_at, quantity, orders, hour) values ('latte', 'Latte', now(), $1, $2, $3)`,
    [count('OrderPlaced') * 2, count('OrderPlaced'), hour],
  );
  const stages = new Map(Object.entries(steps).map(([step, name]) => [name, step]));
  for (const events of orders) {
    for (const [ms, { type }] of events.entries()) {
      const stage = stages.get(type.name) ?? '';
      if (!['paid', 'started', 'ready', 'delivered'].includes(stage)) continue;
      await sql.query(
        `insert into latency_g1.durations as known values ($1, $2, $3, 1)
         on conflict (minute, stage, ms) do update set orders = known.orders + 1`,
        [hour, stage, ms],
      );
    }
  }
}
