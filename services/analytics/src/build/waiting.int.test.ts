import { readFile } from 'node:fs/promises';
import { OrderDelivered, OrderPlaced, PaymentReceived } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openAtHand } from '../orders/book.ts';
import { projections } from '../projections/index.ts';
import { sales } from '../projections/sales/sales.ts';
import { liveGenerations } from '../projector/fed.ts';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';
import { runReplay } from '../testing/runReplay.ts';

const RULES = new URL('../../../../infra/prometheus/', import.meta.url);
const MINUTE_MS = 60_000;
/** A few orders under way, where as a rule there are minutes of the busiest day; and all that have ended, so that repetitions count once. */
const LIMITS = { open: 8, ended: 100 };

describe('more orders under way than memory has room for', () => {
  const rig = useRig('beginAnew');

  const names = (count: number) => Array.from({ length: count }, (_, i) => `order-${i}`);
  const place = (orderId: string) => rig.record(OrderPlaced, placed(orderId));
  const pay = (orderId: string) =>
    rig.record(PaymentReceived, {
      orderId,
      paymentId: 'p',
      amount: { amount: 420, currency: 'EUR' },
      receivedAt: PLACED_AT + MINUTE_MS,
    });
  const deliver = (orderId: string) =>
    rig.record(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: PLACED_AT + 5 * MINUTE_MS });
  const project = () => rig.project({ limits: LIMITS });
  async function waiting(): Promise<number[]> {
    const counts: number[] = [];
    for (const { schema } of await liveGenerations(rig.db, projections)) {
      const { rows } = await rig.db.query(`select count(*)::int from ${schema}.orders_waiting`);
      counts.push(rows[0].count);
    }
    return counts;
  }
  const none = projections.map(() => 0);

  it('wait in PostgreSQL, are found again whatever comes for them, and leave when they end', async () => {
    const orders = names(60);
    await rig.send(...orders.map(place));
    await project();
    expect(await waiting()).toEqual(projections.map(() => 52));
    await rig.send(...orders.slice(0, 30).map(pay), ...orders.slice(0, 5).map(place));
    await project();
    await rig.send(...orders.map(deliver), ...orders.slice(0, 30).map(pay));
    await project();
    const { sales: sold, funnel, latency } = await rig.reports();
    expect(sold).toMatchObject([{ orders: 60, amount: 60 * 420 }]);
    expect(funnel).toEqual({ placed: 60, paid: 30, delivered: 60 });
    expect(latency.delivered.orders).toBe(60);
    expect(await waiting()).toEqual(none);
  });

  it('count the same however events are ordered, repeated and cut into readings', async () => {
    const orders = names(14);
    const lives = orders.flatMap((orderId) => [place(orderId), pay(orderId), deliver(orderId)]);
    const all = [...lives.keys()];
    const scrambled = fc.tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.array(fc.nat({ max: all.length - 1 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 15 }),
    );
    const limits = { ...LIMITS, open: 3 };
    await fc.assert(
      fc.asyncProperty(scrambled, async ([order, repeated, size]) => {
        await rig.begin();
        const stream = [...order, ...repeated].flatMap((index) => lives[index] ?? []);
        for (let at = 0; at < stream.length; at += size) {
          await rig.send(...stream.slice(at, at + size));
          await rig.project({ limits });
        }
        const { sales: sold, funnel } = await rig.reports();
        expect(funnel).toEqual({ placed: 14, paid: 14, delivered: 14 });
        expect(sold).toMatchObject([{ orders: 14 }]);
        expect(await waiting()).toEqual(none);
      }),
      { numRuns: 10 },
    );
  });

  it('are found by live events and by a rebuild, also where one projection was built alone', async () => {
    await rig.follow(projections, LIMITS);
    const orders = names(60);
    await rig.send(...orders.map(place));
    const untilFunnel = (step: string, count: number) =>
      until(async () => (await rig.reports()).funnel[step] === count, { what: `${count} ${step}` });
    await untilFunnel('placed', 60);
    const context = { ...rig.context, limits: { ...LIMITS, open: 20 } };
    expect((await runReplay(context, { projections: [sales] })).outcome?.outcome).toBe('switched');
    await rig.send(...orders.slice(0, 20).map(deliver));
    await untilFunnel('delivered', 20);
    expect((await runReplay(context)).outcome?.outcome).toBe('switched');
    await rig.send(...orders.map(deliver));
    await untilFunnel('delivered', 60);
    expect((await rig.reports()).sales).toMatchObject([{ orders: 60 }]);
    expect(await waiting()).toEqual(none);
  });

  it('are taken over from the live generation where the topics do not hold them any more', async () => {
    const orders = names(60);
    await rig.send(...orders.map(place));
    await rig.follow(projections, LIMITS);
    await until(async () => (await rig.reports()).funnel.placed === 60);
    await rig.deleteRecords(rig.topicOf(OrderPlaced));
    const context = { ...rig.context, limits: LIMITS };
    expect((await runReplay(context)).outcome?.outcome).toBe('switched');
    expect((await waiting()).every((count) => count > 40)).toBe(true);
    await rig.send(...orders.map(deliver));
    await until(async () => (await rig.reports()).sales[0]?.orders === 60, { what: 'all to be sold' });
    expect((await rig.reports()).funnel).toEqual({ placed: 60, delivered: 60 });
    await until(async () => (await waiting()).every((count) => count === 0));
  });

  it('are not under way again where they ended and were forgotten before that was stored', async () => {
    await rig.follow(projections, { open: 100, ended: 8 });
    const orders = names(60);
    await rig.send(...orders.map(place));
    await until(async () => (await rig.reports()).funnel.placed === 60);
    await rig.send(...orders.slice(0, 12).map(deliver));
    await until(async () => (await rig.reports()).funnel.delivered === 12);
    for (const { schema } of await liveGenerations(rig.db, projections))
      expect((await openAtHand(rig.db, schema))?.size).toBe(48);
  });

  it('tell of those that ended without what they were placed with, when they are forgotten', async () => {
    const { prometheus } = rig.context.metrics;
    await rig.follow(projections, { ...LIMITS, ended: 16 });
    // From where the rules' own tests begin: increase() sees only what comes after a first sample.
    const ruleTests = await readFile(new URL('analytics.rules.test.yml', RULES), 'utf8');
    const series = new Set([...ruleTests.matchAll(/series: '(.+?)', values: "0/g)].map(([, name]) => name));
    const atFirst = await prometheus.metrics();
    expect([...series]).toEqual(['brew_orders_given_up_total{projection="sales"}']);
    for (const one of series) expect(atFirst).toContain(`${one} 0\n`);
    await rig.send(...names(40).map(deliver));
    await until(async () => (await rig.reports()).funnel.delivered === 40);
    await rig.send(...names(20).map((name) => deliver(`other-${name}`)));
    await until(
      async () => /brew_orders_given_up_total\{projection="sales"\} [1-9]/.test(await prometheus.metrics()),
      { what: 'orders that were given up' },
    );
    const metrics = await prometheus.metrics();
    expect(metrics).toMatch(/^brew_orders_waiting 0$/m);
    const rules = await readFile(new URL('analytics.rules.yml', RULES), 'utf8');
    for (const name of new Set(rules.match(/brew_\w+/g))) expect(metrics).toContain(`# TYPE ${name} `);
  });
});
