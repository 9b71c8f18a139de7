import {
  CourierAssigned,
  KitchenStarted,
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderReady,
  orderTopics,
  PaymentReceived,
  PaymentRefunded,
  StockReserved,
  toHeaders,
  uuidv7,
} from '@brew/events';
import { createAdmin, createKafkaClient, createProducer } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { readAll } from '@brew/kafka/testing';
import { createDatabase } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createEventBus, type EventBus } from '@brew/service/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { readAnalyticsConfig } from './config.ts';
import { PLACED_AT, placed } from './testing/orders.ts';

const log = pino({ level: 'silent' });

describe('analytics', () => {
  let database: TestDatabase;
  let bus: EventBus;

  beforeAll(async () => {
    const where = infrastructure();
    database = await createTestDatabase(where.postgresUrl);
    bus = await createEventBus({ infrastructure: where, service: 'analytics' });
  });

  afterAll(async () => {
    await bus?.stop();
    await database?.drop();
  });

  async function run(): Promise<Service> {
    const { brokers, registryUrl } = infrastructure();
    const app = createApp(
      readAnalyticsConfig({
        PORT: '0',
        DATABASE_URL: database.url,
        KAFKA_BROKERS: brokers.join(','),
        SCHEMA_REGISTRY_URL: registryUrl,
        STAFF_TOKEN: 'staff-token',
        LOG_LEVEL: 'silent',
      }),
    );
    await app.start();
    return app;
  }

  /** Other tests write to the same topics: only a cafe, a sku and a time of its own can be counted on. */
  const cafeId = uniqueName('cafe');
  const sku = uniqueName('latte');
  const range = 'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z';
  const report = async (app: Service, path: string) => (await fetch(`${app.url}/reports/${path}`)).json();
  const sales = async (app: Service) =>
    (await report(app, `sales?cafeId=${cafeId}&${range}`)) as {
      sales: unknown[];
      totals: { orders: number }[];
    };
  const sold = async (app: Service) => (await sales(app)).totals[0]?.orders ?? 0;

  const place = (orderId: string) =>
    bus.publish(OrderPlaced, placed(orderId, { cafeId, lines: [{ sku, quantity: 1 }] }));
  const deliver = (orderId: string, at = PLACED_AT + 5_000) =>
    bus.publish(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: at });

  it('reports on orders from being placed to being delivered or cancelled', async () => {
    await using app = await run();
    type Funnel = Record<string, number> & { cancelled: { byReason: Record<string, number> } };
    const before = (await report(app, `funnel?${range}`)) as Funnel;

    const orderId = uuidv7();
    const of = { orderId, cafeId };
    const money = { amount: 420, currency: 'EUR' };
    await place(orderId);
    await bus.publish(StockReserved, {
      ...of,
      items: [{ sku, quantity: 1, remaining: 9 }],
      reservedAt: PLACED_AT,
    });
    await bus.publish(PaymentReceived, {
      orderId,
      paymentId: 'p',
      amount: money,
      receivedAt: PLACED_AT + 1_000,
    });
    const times = { startedAt: PLACED_AT + 2_000, expectedReadyAt: PLACED_AT + 3_000 };
    await bus.publish(KitchenStarted, { ...of, slot: 1, ...times });
    const customer = { name: 'Ada', address: 'Bean Lane 1' };
    await bus.publish(OrderReady, { ...of, customer, readyAt: PLACED_AT + 3_000 });
    await bus.publish(CourierAssigned, {
      ...{ orderId, courierId: 'courier-001', courierName: 'Ada A.' },
      ...{ assignedAt: PLACED_AT + 4_000, expectedDeliveryAt: PLACED_AT + 5_000 },
    });
    await deliver(orderId);
    const other = uuidv7();
    await place(other);
    await bus.publish(OrderCancelled, {
      orderId: other,
      reason: 'customer_request',
      cancelledAt: PLACED_AT,
    });
    const refund = { paymentId: 'p', refundId: 'r', amount: money, refundedAt: PLACED_AT };
    await bus.publish(PaymentRefunded, { orderId: other, ...refund });

    await until(async () => (await sold(app)) === 1, { what: 'the order to count as sold' });
    const one = { orders: 1, total: money };
    expect(await sales(app)).toMatchObject({
      totals: [one],
      sales: [{ cafeId, hour: '2026-01-01T08:00:00.000Z', ...one }],
    });
    const year = 'from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z';
    expect(await report(app, `sales?cafeId=${cafeId}&${year}&by=day`)).toMatchObject({
      totals: [one],
      sales: [{ cafeId, day: '2026-01-01', ...one }],
    });

    const steps = ['stockReserved', 'paid', 'started', 'ready', 'assigned', 'delivered', 'refunded'];
    await until(
      async () => {
        const after = (await report(app, `funnel?${range}`)) as Funnel;
        const more = (step: string) => (after[step] ?? 0) - (before[step] ?? 0);
        const cancelled = (funnel: Funnel) => funnel.cancelled.byReason.customer_request ?? 0;
        return (
          steps.every((step) => more(step) >= 1) &&
          more('placed') >= 2 &&
          cancelled(after) > cancelled(before)
        );
      },
      { what: 'every step to be in the funnel' },
    );

    const latency = { orders: expect.any(Number), p50: expect.any(Number), p99: expect.any(Number) };
    expect(await report(app, `latency?${range}`)).toMatchObject({
      unit: 'ms',
      paid: latency,
      delivered: latency,
    });
    type Drink = { sku: string; name: string; quantity: number; orders: number };
    const drink = await until(
      async () => {
        const { drinks } = (await report(app, `top-drinks?${range}&limit=100`)) as { drinks: Drink[] };
        return drinks.find((one) => one.sku === sku && one.orders >= 2);
      },
      { what: 'the drink of both orders' },
    );
    expect(drink).toEqual({ sku, name: `A ${sku}`, quantity: 2, orders: 2 });
  });

  it('goes on after a record that nobody can read, and parks it', async () => {
    await using app = await run();
    const before = await sold(app);
    const key = uuidv7();
    const context = {
      id: uuidv7(),
      type: OrderPlaced.type,
      source: '/test',
      time: new Date(),
      correlationId: key,
    };
    const topic = OrderPlaced.topic.name;
    const client = createKafkaClient({ brokers: infrastructure().brokers, clientId: 'test', log });
    await using producer = createProducer({ client, log });
    await producer.start();
    await producer.send([{ topic, key, value: Buffer.from('poison'), headers: toHeaders(context) }]);
    // Of the same order, and so many others that some of them are in the poison's partition, behind it.
    const orders = [key, ...Array.from({ length: 30 }, () => uuidv7())];
    for (const orderId of orders) {
      await place(orderId);
      await deliver(orderId);
    }

    await until(async () => (await sold(app)) === before + 31, { what: 'all orders to be counted' });
    const letters = (await readAll(client, ['analytics.dlq'])).filter((letter) => letter.key === key);
    expect(letters.map(({ value }) => String(value))).toEqual(['poison']);
    expect(letters[0]?.headers).toMatchObject({
      ce_id: context.id,
      dlq_source_topic: topic,
      dlq_error_code: 'BREW_RECORD_UNDECODABLE',
    });
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toMatch(/^brew_dead_letters_total\{topic="brew.orders.v1"\} [1-9]/m);
    expect(metrics).toMatch(
      /^brew_events_total\{type="brew.orders.v1.OrderPlaced",outcome="handled"\} [1-9]/m,
    );
  });

  it('counts nothing twice across restarts and repetitions', async () => {
    const orderId = uuidv7();
    await using first = await run();
    const before = await sold(first);
    await place(orderId);
    await deliver(orderId);
    await until(async () => (await sold(first)) === before + 1, { what: 'the order to be counted' });
    await first.stop();

    await deliver(orderId, PLACED_AT + 7_200_000);
    await using second = await run();
    await deliver(orderId);
    await using db = createDatabase({ url: database.url, applicationName: 'test', log });
    const client = createKafkaClient({ brokers: infrastructure().brokers, clientId: 'test', log });
    await using reader = createReader({ client, log });
    const ends = await reader.offsets([OrderDelivered.topic.name], 'latest');
    const read = 'select partition, next_offset as offset from sales_g1.positions where topic = $1';
    await until(
      async () => {
        const { rows } = await db.query(read, [OrderDelivered.topic.name]);
        return ends.every(({ partition, offset }) =>
          rows.some((at) => at.partition === partition && BigInt(at.offset) >= offset),
        );
      },
      { what: 'the repetitions to be read' },
    );
    expect(await sold(second)).toBe(before + 1);
  });

  it('is read by one instance, and by another one when that is gone', async () => {
    await using first = await run();
    await using second = await run();
    const stateOf = async (app: Service) => {
      const { dependencies } = (await (await fetch(`${app.url}/health/ready`)).json()) as {
        dependencies: { consumer: { up: boolean; detail?: string } };
      };
      return dependencies.consumer;
    };
    await until(async () => (await stateOf(first)).detail === undefined && (await stateOf(first)).up);
    expect(await stateOf(second)).toEqual({ up: true, detail: 'stands by: another instance reads' });
    const before = await sold(second);
    const [one, other] = [uuidv7(), uuidv7()];
    await place(one);
    await deliver(one);
    await until(async () => (await sold(second)) === before + 1, { what: 'the order, from either' });
    await first.stop();
    await place(other);
    await deliver(other);
    await until(async () => (await sold(second)) === before + 2, { what: 'the order, from the one left' });
    expect(await stateOf(second)).toEqual({ up: true });
  });

  it('tells Kafka how far it is, for those who look at its lag', async () => {
    await using app = await run();
    const orderId = uuidv7();
    const before = await sold(app);
    await place(orderId);
    await deliver(orderId);
    await until(async () => (await sold(app)) === before + 1, { what: 'the order to be counted' });
    const client = createKafkaClient({ brokers: infrastructure().brokers, clientId: 'test', log });
    await using admin = createAdmin({ client, log });
    const declared = new Set(orderTopics.map(({ name }) => name));
    await until(
      async () => {
        // Other tests of the same group have topics of their own.
        const lags = (await admin.groupLag('analytics')).filter(({ topic }) => declared.has(topic));
        return (
          lags.length === 30 && lags.every(({ committed, lag }) => committed !== undefined && lag === 0n)
        );
      },
      { what: 'no lag' },
    );
  });

  it('refuses a time range that holds nothing or too much, and a filter that it does not know', async () => {
    await using app = await run();
    const statusOf = async (path: string) => (await fetch(`${app.url}/reports/${path}`)).status;
    expect(await statusOf('sales?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).toBe(400);
    expect(await statusOf('sales?cafe=cafe-001')).toBe(400);
    expect(await statusOf('sales?from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z')).toBe(400);
    expect(await statusOf('sales?from=2026-01-01T00:00:00Z&to=2027-01-03T00:00:00Z&by=day')).toBe(400);
    expect(await statusOf('latency?from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z')).toBe(400);
    expect(await statusOf('latency?from=yesterday')).toBe(400);
    expect(await statusOf('top-drinks?limit=0')).toBe(400);
    for (const name of ['top-drinks', 'funnel']) {
      expect(await statusOf(`${name}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`)).toBe(400);
      expect(await report(app, `${name}?from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z`)).toMatchObject({
        code: 'RANGE_TOO_LONG',
        detail: 'A report covers 31 days at most. Ask for one range after the other.',
      });
      const { from, to } = (await report(app, name)) as { from: string; to: string };
      expect(Date.parse(to) - Date.parse(from)).toBe(31 * 24 * 60 * 60 * 1000);
    }
  });
});
