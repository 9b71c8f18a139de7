import { OrderCancelled, OrderDelivered, OrderPlaced } from '@brew/events';
import type { Tx } from '@brew/postgres';
import { describe, expect, it } from '@jest/globals';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { ALL_TIME, useRig } from '../testing/rig.ts';
import { reportFunnel } from './funnel/reportFunnel.ts';
import { projections } from './index.ts';
import { rollUpLatency } from './latency/rollUpLatency.ts';
import { reportSales } from './sales/reportSales.ts';
import { reportTopDrinks } from './topDrinks/reportTopDrinks.ts';

const MINUTE_MS = 60_000;

describe('the projections', () => {
  const rig = useRig();

  const place = (orderId: string, options?: Parameters<typeof placed>[1]) =>
    rig.record(OrderPlaced, placed(orderId, options));
  const deliver = (orderId: string, minutes = 5) =>
    rig.record(OrderDelivered, {
      orderId,
      courierId: 'courier-001',
      deliveredAt: PLACED_AT + minutes * MINUTE_MS,
    });
  const project = async (...records: ReturnType<typeof place>[]) => {
    await rig.send(...records);
    await rig.project();
  };

  it('count an order as sold in the hour of its delivery', async () => {
    await project(place('a', { lines: [{ sku: 'latte', quantity: 2 }] }));
    expect((await rig.reports()).sales).toEqual([]);
    await project(deliver('a', 55));
    const sale = { cafeId: 'cafe-001', begins: new Date('2026-01-01T09:00:00Z'), currency: 'EUR' };
    expect((await rig.reports()).sales).toEqual([{ ...sale, orders: 1, amount: 840 }]);
  });

  it('count an order as sold whichever of its events comes first', async () => {
    await project(deliver('a'));
    expect((await rig.reports()).sales).toEqual([]);
    await project(place('a'));
    expect((await rig.reports()).sales).toMatchObject([{ orders: 1, amount: 420 }]);
  });

  it('filter sales by cafe and by time, whose end is not included', async () => {
    await project(place('a', { cafeId: 'cafe-001' }), place('b', { cafeId: 'cafe-002' }));
    await project(deliver('a'), deliver('b', 55));
    const found = async (filter: object) =>
      (await reportSales(rig.db, { ...ALL_TIME, ...filter })).map(({ cafeId }) => cafeId);
    expect(await found({})).toEqual(['cafe-001', 'cafe-002']);
    expect(await found({ cafeId: 'cafe-002' })).toEqual(['cafe-002']);
    expect(await found({ to: new Date('2026-01-01T09:00:00Z') })).toEqual(['cafe-001']);
    expect(await found({ from: new Date('2026-01-01T09:00:00Z') })).toEqual(['cafe-002']);
  });

  it('read only the hours of the range, however many years there are', async () => {
    const hours = `generate_series(now() - interval '1 year', now(), '1 hour') as hour`;
    await rig.db.query(`
      insert into funnel.counts (hour, step, reason, orders)
        select date_trunc('hour', hour), 'step-' || step, '', 100 from ${hours}, generate_series(1, 13) as step;
      insert into top_drinks.counts (hour, sku, name, named_at, quantity, orders)
        select date_trunc('hour', hour), 'drink-' || drink, 'A drink', hour, 9, 7 from ${hours}, generate_series(1, 20) as drink;
      analyze`);
    const to = new Date();
    const range = { from: new Date(to.getTime() - 31 * 24 * 60 * MINUTE_MS), to };
    const plans: string[] = [];
    const explaining = {
      query: async (sql: string, values: unknown[]) => {
        const { rows } = await rig.db.query<Record<string, string>>(`explain ${sql}`, values);
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
        return { rows: [] };
      },
    } as unknown as Tx;
    await reportFunnel(explaining, range);
    await reportTopDrinks(explaining, { ...range, limit: 10 });
    for (const plan of plans) {
      expect(plan).toMatch(/Index Cond: \(\(hour >= /);
      expect(plan).not.toContain('Seq Scan');
    }
    expect((await reportFunnel(rig.db, range)).every(({ orders }) => orders === 31 * 24 * 100)).toBe(true);
    expect(await reportTopDrinks(rig.db, { ...range, limit: 1 })).toMatchObject([{ orders: 31 * 24 * 7 }]);
  });

  it('tell how many orders took each step, and why orders were cancelled', async () => {
    const cancel = (orderId: string, reason: OrderCancelled['reason']) =>
      rig.record(OrderCancelled, { orderId, reason, cancelledAt: PLACED_AT });
    await project(...['a', 'b', 'c'].map((orderId) => place(orderId)));
    await project(cancel('a', 'out_of_stock'), cancel('b', 'customer_request'));
    expect((await rig.reports()).funnel).toEqual({
      placed: 3,
      cancelledout_of_stock: 1,
      cancelledcustomer_request: 1,
    });
  });

  it('count an order that staff refunded as sold all the same when it is brought after that', async () => {
    await project(place('a'));
    await project(
      rig.record(OrderCancelled, { orderId: 'a', reason: 'customer_request', cancelledAt: PLACED_AT }),
    );
    expect((await rig.reports()).sales).toEqual([]);
    await project(deliver('a'));
    const { sales, funnel } = await rig.reports();
    expect(sales).toMatchObject([{ orders: 1, amount: 420 }]);
    expect(funnel).toEqual({ placed: 1, cancelledcustomer_request: 1, delivered: 1 });
  });

  it('tell to half a percent how long orders took to each stage, those under way included', async () => {
    const minutes = Array.from({ length: 100 }, (_, i) => i + 1);
    await project(...minutes.flatMap((n) => [place(`order-${n}`), deliver(`order-${n}`, n)]), place('other'));
    const { delivered: toDelivered, paid } = (await rig.reports()).latency;
    expect(toDelivered.orders).toBe(100);
    for (const [percentile, n] of [
      [toDelivered.p50, 50],
      [toDelivered.p95, 95],
      [toDelivered.p99, 99],
    ] as const) {
      expect(Math.abs((percentile ?? 0) / (n * MINUTE_MS) - 1)).toBeLessThan(0.005);
    }
    expect(paid).toEqual({ orders: 0, p50: null, p95: null, p99: null });
    await project(deliver('other', 1_000));
    expect((await rig.reports()).latency.delivered).toMatchObject({ orders: 101 });
  });

  it('tell the same of whole hours once their minutes were rolled up, and go on counting', async () => {
    const orders = Array.from({ length: 30 }, (_, i) => `order-${i}`);
    const placedAt = (i: number) => PLACED_AT + i * 5 * MINUTE_MS; // three hours
    await project(
      ...orders.map((id, i) => rig.record(OrderPlaced, { ...placed(id), placedAt: placedAt(i) })),
    );
    await project(...orders.map((id, i) => deliver(id, i * 5 + 5)));
    const before = (await rig.reports()).latency;
    const rowsOf = async () =>
      (
        await rig.db.query<{ hour: boolean }>(
          `select minute = date_trunc('hour', minute, 'UTC') as hour from latency.durations`,
        )
      ).rows;
    const begun = (await rowsOf()).length;

    const day = new Date(PLACED_AT);
    expect(await rollUpLatency(rig.db, 36_500, new Date(0))).toBeUndefined(); // none is that old
    let after = new Date(0);
    const hours: string[] = [];
    for (;;) {
      const hour = await rollUpLatency(rig.db, 1, after);
      if (hour === undefined) break;
      hours.push(hour.toISOString().slice(11, 13));
      after = hour;
    }
    expect(hours).toEqual([0, 1, 2].map((more) => String(day.getUTCHours() + more).padStart(2, '0')));
    const rows = await rowsOf();
    expect(rows.every(({ hour }) => hour)).toBe(true);
    expect(rows.length).toBeLessThan(begun);
    expect((await rig.reports()).latency).toEqual(before);
    await project(place('late'), deliver('late', 7));
    expect((await rig.reports()).latency.delivered.orders).toBe(31);
  });

  it('rank drinks by how many were ordered, and leave food out', async () => {
    const lines = [
      { sku: 'mocha', quantity: 3 },
      { sku: 'latte', quantity: 1 },
      { sku: 'bagel', quantity: 9, category: 'food' as const },
    ];
    await project(place('a', { lines: [{ sku: 'latte', quantity: 1 }] }), place('b', { lines }));
    expect((await rig.reports()).drinks).toEqual([
      { sku: 'mocha', name: 'A mocha', quantity: 3, orders: 1 },
      { sku: 'latte', name: 'A latte', quantity: 2, orders: 2 },
    ]);
  });

  it('add up the lines of an order that has the same drink twice', async () => {
    const lines = [
      { sku: 'latte', quantity: 1 },
      { sku: 'latte', quantity: 2 },
    ];
    await project(place('a', { lines }));
    expect((await rig.reports()).drinks).toEqual([{ sku: 'latte', name: 'A latte', quantity: 3, orders: 1 }]);
  });

  it('call a drink what it was called last, whenever that is read', async () => {
    const named = (orderId: string, name: string, minutes: number) => {
      const order = placed(orderId);
      const items = order.items.map((item) => ({ ...item, name }));
      return rig.record(OrderPlaced, { ...order, items, placedAt: PLACED_AT + minutes * MINUTE_MS });
    };
    await project(named('a', 'Latte', 1), named('b', 'Caffè Latte', 3));
    await project(named('c', 'Milk Coffee', 2));
    expect((await rig.reports()).drinks).toMatchObject([{ name: 'Caffè Latte', orders: 3 }]);
  });

  it.each(projections.map((projection) => [projection.name, projection] as const))(
    '%s says what events it takes',
    (_, { events, columns, begin }) => {
      const unused = { get: () => Number.NaN, take() {} };
      const { takes } = begin(
        Object.fromEntries(Object.keys(columns).map((name) => [name, unused])) as never,
      );
      const types = (all: readonly { type: string }[]) => all.map(({ type }) => type).toSorted();
      expect(types(events)).toEqual(types(takes.map(({ event }) => event)));
    },
  );
});
