import {
  type EventType,
  KitchenStarted,
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderReady,
  PaymentReceived,
  toHeaders,
  uuidv7,
} from '@brew/events';
import type { ReceivedRecord } from '@brew/kafka';
import { infrastructure } from '@brew/sandbox/testing';
import { createTestBench, type TestBench } from '@brew/service/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type AnalyticsConfig, readAnalyticsConfig } from '../config.ts';
import { PLACED_AT, placed } from '../testing.ts';
import { createProjector } from './createProjector.ts';
import { projectFunnel } from './funnel/projectFunnel.ts';
import { reportFunnel } from './funnel/reportFunnel.ts';
import { projectLatency } from './latency/projectLatency.ts';
import { reportLatency } from './latency/reportLatency.ts';
import { projectSales } from './sales/projectSales.ts';
import { reportSales } from './sales/reportSales.ts';
import { projectTopDrinks } from './topDrinks/projectTopDrinks.ts';
import { reportTopDrinks } from './topDrinks/reportTopDrinks.ts';

// Starting, and waiting for a machine that is busy with other tests as well.
jest.setTimeout(90_000);

const ALL_TIME = { from: new Date(0), to: new Date('2100-01-01') };
const MINUTE_MS = 60_000;

describe('the projections', () => {
  let bench: TestBench<AnalyticsConfig>;
  let project: (records: readonly ReceivedRecord[]) => Promise<void>;
  let nextOffset: bigint;

  beforeAll(async () => {
    bench = await createTestBench({
      name: 'analytics',
      migrations: new URL('../store/migrations/', import.meta.url),
      events: [OrderPlaced, PaymentReceived, KitchenStarted, OrderReady, OrderDelivered, OrderCancelled],
      infrastructure: infrastructure(),
      readConfig: readAnalyticsConfig,
    });
    const projections = [projectSales, projectFunnel, projectLatency, projectTopDrinks];
    project = createProjector({ ...bench.context, projections });
  });

  afterAll(() => bench?.stop());

  const forgetEverything = () =>
    bench.context.db.query(
      `truncate projection_offsets, sales_orders, sales_by_hour, funnel_steps, funnel_counts, latency_orders,
                drink_orders, drink_counts`,
    );

  beforeEach(async () => {
    nextOffset = 0n;
    await forgetEverything();
  });

  /** A record as Kafka would deliver it; every one has the next offset of its topic's partition 0. */
  function record<Data>(type: EventType<Data>, data: Data): ReceivedRecord {
    const key = type.keyOf(data);
    const context = {
      id: uuidv7(),
      type: type.type,
      source: '/brew/test',
      time: new Date(),
      correlationId: key,
    };
    return {
      topic: type.topic.name,
      partition: 0,
      offset: nextOffset++,
      key,
      value: bench.context.codec.encode(type, data),
      headers: toHeaders(context),
      timestamp: new Date(),
    };
  }

  const delivered = (orderId: string, minutes = 5) =>
    record(OrderDelivered, {
      orderId,
      courierId: 'courier-001',
      deliveredAt: PLACED_AT + minutes * MINUTE_MS,
    });
  const again = (earlier: ReceivedRecord) => ({ ...earlier, offset: nextOffset++ });

  const sales = () => reportSales(bench.context.db, ALL_TIME);
  const drinks = () => reportTopDrinks(bench.context.db, 10);
  const funnel = async () =>
    Object.fromEntries(
      (await reportFunnel(bench.context.db)).map((row) => [`${row.step}${row.reason}`, row.orders]),
    );
  const reports = async () => ({
    sales: await sales(),
    drinks: await drinks(),
    funnel: await funnel(),
    latency: await reportLatency(bench.context.db, ALL_TIME),
  });

  it('count an order as sold in the hour of its delivery', async () => {
    await project([record(OrderPlaced, placed('a', { lines: [{ sku: 'latte', quantity: 2 }] }))]);
    expect(await sales()).toEqual([]);
    await project([delivered('a', 55)]);
    const sale = { cafeId: 'cafe-001', hour: new Date('2026-01-01T09:00:00Z'), currency: 'EUR' };
    expect(await sales()).toEqual([{ ...sale, orders: 1, amount: 840 }]);
  });

  it('count an order as sold whichever of its events comes first', async () => {
    await project([delivered('a')]);
    expect(await sales()).toEqual([]);
    await project([record(OrderPlaced, placed('a'))]);
    expect(await sales()).toMatchObject([{ orders: 1, amount: 420 }]);
  });

  it('filter sales by cafe and by time, whose end is not included', async () => {
    await project([
      record(OrderPlaced, placed('a', { cafeId: 'cafe-001' })),
      record(OrderPlaced, placed('b', { cafeId: 'cafe-002' })),
    ]);
    await project([delivered('a'), delivered('b', 55)]);
    const found = async (filter: object) =>
      (await reportSales(bench.context.db, { ...ALL_TIME, ...filter })).map(({ cafeId }) => cafeId);
    expect(await found({})).toEqual(['cafe-001', 'cafe-002']);
    expect(await found({ cafeId: 'cafe-002' })).toEqual(['cafe-002']);
    expect(await found({ to: new Date('2026-01-01T09:00:00Z') })).toEqual(['cafe-001']);
    expect(await found({ from: new Date('2026-01-01T09:00:00Z') })).toEqual(['cafe-002']);
  });

  it('tell how many orders took each step, and why orders were cancelled', async () => {
    const cancelled = (orderId: string, reason: OrderCancelled['reason']) =>
      record(OrderCancelled, { orderId, reason, cancelledAt: PLACED_AT });
    await project(['a', 'b', 'c'].map((orderId) => record(OrderPlaced, placed(orderId))));
    await project([cancelled('a', 'out_of_stock'), cancelled('b', 'customer_request')]);
    expect(await funnel()).toEqual({ placed: 3, cancelledout_of_stock: 1, cancelledcustomer_request: 1 });
  });

  it('tell how long orders took to each stage', async () => {
    for (let minutes = 1; minutes <= 100; minutes++) {
      const orderId = `order-${minutes}`;
      await project([record(OrderPlaced, placed(orderId))]);
      await project([delivered(orderId, minutes)]);
    }
    const { delivered: toDelivered, paid } = await reportLatency(bench.context.db, ALL_TIME);
    expect(toDelivered).toEqual({ orders: 100, p50: 3_030_000, p95: 5_703_000, p99: 5_940_600 });
    expect(paid).toEqual({ orders: 0, p50: null, p95: null, p99: null });
  });

  it('rank drinks by how many were ordered, and leave food out', async () => {
    await project([
      record(OrderPlaced, placed('a', { lines: [{ sku: 'latte', quantity: 1 }] })),
      record(
        OrderPlaced,
        placed('b', {
          lines: [
            { sku: 'mocha', quantity: 3 },
            { sku: 'latte', quantity: 1 },
            { sku: 'bagel', quantity: 9, category: 'food' },
          ],
        }),
      ),
    ]);
    expect(await drinks()).toEqual([
      { sku: 'mocha', name: 'A mocha', quantity: 3, orders: 1 },
      { sku: 'latte', name: 'A latte', quantity: 2, orders: 2 },
    ]);
  });

  it('add up the lines of an order that has the same drink twice', async () => {
    const lines = [
      { sku: 'latte', quantity: 1 },
      { sku: 'latte', quantity: 2 },
    ];
    await project([record(OrderPlaced, placed('a', { lines }))]);
    expect(await drinks()).toEqual([{ sku: 'latte', name: 'A latte', quantity: 3, orders: 1 }]);
  });

  it('leave out records that are delivered again', async () => {
    const batches = [[record(OrderPlaced, placed('a'))], [delivered('a')]];
    for (const batch of batches) await project(batch);
    const once = await reports();
    // Kafka delivers from an older offset on: part of the batch is known, part is new.
    await project([...(batches[0] ?? []), record(OrderPlaced, placed('b'))]);
    await project(batches[1] ?? []);
    expect(await funnel()).toEqual({ placed: 2, delivered: 1 });
    expect(await sales()).toEqual(once.sales);
  });

  it('apply nothing of a batch with a record that no one can read', async () => {
    const poison = { ...record(OrderPlaced, placed('b')), value: Buffer.from('poison') };
    const good = record(OrderPlaced, placed('a'));
    await expect(project([good, poison])).rejects.toMatchObject({ retryable: false });
    expect(await funnel()).toEqual({});
    await project([good]);
    expect(await funnel()).toEqual({ placed: 1 });
  });

  it('can be rebuilt one at a time, while the others leave alone what they have had', async () => {
    const batches = [[record(OrderPlaced, placed('a')), record(OrderPlaced, placed('b'))], [delivered('a')]];
    for (const batch of batches) await project(batch);
    const before = await reports();
    const { db } = bench.context;
    await db.query('truncate sales_orders, sales_by_hour');
    await db.query(`delete from projection_offsets where projection = 'sales'`);
    // If another were applied again, this would bring its drinks back.
    await db.query('truncate drink_orders, drink_counts');

    for (const batch of batches) await project(batch);

    expect(await reports()).toEqual({ ...before, drinks: [] });
  });

  it('report the same however events are ordered, repeated and batched', async () => {
    const make = () => {
      const orders = ['a', 'b', 'c'].map((id, index) => placed(id, { cafeId: `cafe-00${index % 2}` }));
      return [
        ...orders.map((order) => record(OrderPlaced, order)),
        delivered('a', 3),
        delivered('b', 63),
        record(OrderReady, { ...placed('a'), readyAt: PLACED_AT + 2 * MINUTE_MS }),
        record(OrderCancelled, { orderId: 'c', reason: 'payment_failed', cancelledAt: PLACED_AT }),
      ];
    };
    for (const each of make()) await project([each]);
    const expected = await reports();

    const scrambled = fc
      .shuffledSubarray(make(), { minLength: 7 })
      .chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.array(fc.nat({ max: 6 }), { maxLength: 6 }),
          fc.integer({ min: 1, max: 9 }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(scrambled, async ([all, repeated, size]) => {
        await forgetEverything();
        // The second copies come anywhere behind: with a new offset, as when a producer appends twice.
        const stream = [...all, ...repeated.flatMap((index) => all[index] ?? [])].map(again);
        for (let at = 0; at < stream.length; at += size) await projectByTopic(stream.slice(at, at + size));
        expect(await reports()).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  /** A batch has records of one topic's partition only. */
  async function projectByTopic(records: ReceivedRecord[]): Promise<void> {
    for (const batch of Map.groupBy(records, ({ topic }) => topic).values()) await project(batch);
  }
});
