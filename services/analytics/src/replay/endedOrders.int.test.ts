import { leastUuidv7, OrderDelivered, OrderPlaced, PaymentReceived } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import { openAtHand } from '../orders/book.ts';
import { allWaiting } from '../orders/waitingOrders.ts';
import { projections } from '../projections/index.ts';
import { hourOf } from '../projections/projection.ts';
import { topDrinks } from '../projections/topDrinks/topDrinks.ts';
import { liveGenerations } from '../projector/fed.ts';
import { ensureGenerations } from '../store/ensureGenerations.ts';
import { dropGeneration, type Generation } from '../store/generations.ts';
import { placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';
import { runReplay } from '../testing/runReplay.ts';

const MINUTE_MS = 60_000;
const NEW = hourOf(Date.now()) - 4 * 60 * MINUTE_MS;
const OLD = NEW - 8 * 60 * MINUTE_MS;
/** Some orders under way are at hand, the others wait; and most of those that ended are forgotten. */
const LIMITS = { open: 8, ended: 8 };

describe('orders whose end the topics do not hold any more', () => {
  const rig = useRig('beginAnew');

  /** The ids of orders that were placed from a time on. */
  const ids = (count: number, at: number) =>
    Array.from({ length: count }, (_, i) => `${leastUuidv7(at + i)}-7000-8000-${'0'.repeat(12)}`);
  const places = (orders: readonly string[], at: number) =>
    orders.map((orderId) => rig.record(OrderPlaced, placed(orderId, { placedAt: at }), new Date(at)));
  const pays = (orders: readonly string[], at: number) =>
    orders.map((orderId) =>
      rig.record(
        PaymentReceived,
        { orderId, paymentId: 'p', amount: { amount: 420, currency: 'EUR' }, receivedAt: at },
        new Date(at),
      ),
    );
  const delivers = (orders: readonly string[], at: number) =>
    orders.map((orderId) =>
      rig.record(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: at }, new Date(at)),
    );
  const untilFunnel = (step: 'placed' | 'paid' | 'delivered', count: number) =>
    until(async () => (await rig.reports()).funnel[step] === count, { what: `${count} orders ${step}` });
  const run = (chosen = projections) =>
    runReplay({ ...rig.context, limits: LIMITS }, { projections: chosen }).then(({ outcome }) => outcome);

  const slow = ids(12, OLD + MINUTE_MS);

  /** Forty orders that were delivered and forgotten, twelve that are under way; the topic with the deliveries has lost its beginning. */
  async function loseDeliveries(): Promise<void> {
    const [old, recent] = [ids(40, OLD), ids(10, NEW)];
    // One after the other: of orders that have ended only eight are remembered, and what comes late for others begins them anew.
    await rig.send(...places(old, OLD), ...places(slow, OLD));
    await rig.follow(projections, LIMITS);
    await untilFunnel('placed', 52);
    await rig.send(...pays(old, OLD));
    await untilFunnel('paid', 40);
    await rig.send(...delivers(old, OLD));
    await untilFunnel('delivered', 40);
    await rig.deleteRecords(rig.topicOf(OrderDelivered));
    await rig.send(...places(recent, NEW));
    await untilFunnel('placed', 62);
    await rig.send(...delivers(recent, NEW));
    await untilFunnel('delivered', 50);
  }

  /** By projection who is under way, at hand or waiting. */
  async function underWay(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const { projection, schema } of await liveGenerations(rig.db, projections)) {
      const all = new Set(await openAtHand(rig.db, schema));
      for await (const portion of allWaiting(rig.db, schema)) for (const { id } of portion) all.add(id);
      found[projection] = [...all].sort();
    }
    return found;
  }
  const inAll = (orders: readonly string[]) =>
    Object.fromEntries(projections.map(({ name }) => [name, orders]));

  it('leave what was built, those at hand and those that wait; who is under way stays, and counts', async () => {
    await loseDeliveries();
    for (let replays = 0; replays < 2; replays++) {
      expect(await run()).toMatchObject({ outcome: 'switched' });
      expect(await underWay()).toEqual(inAll(slow));
    }
    await rig.send(...delivers(slow, NEW));
    await untilFunnel('delivered', 62);
    expect((await rig.reports()).sales.reduce((sum, { orders }) => sum + orders, 0)).toBe(62);
    await until(async () => Object.values(await underWay()).every(({ length }) => length === 0));
  });

  it('leave also a projection that is not made from these ends', async () => {
    await loseDeliveries();
    expect(await run([topDrinks])).toMatchObject({ outcome: 'switched' });
    expect(await underWay()).toEqual(inAll(slow));
  });

  it('leave also a projection that is new', async () => {
    await loseDeliveries();
    await rig.rest();
    const [first] = await liveGenerations(rig.db, [topDrinks]);
    await rig.db.transaction((tx) => dropGeneration(tx, first as Generation));
    await ensureGenerations(rig.db, projections);
    await rig.follow(projections, LIMITS);
    await rig.mend(projections);
    await until(async () => !(await liveGenerations(rig.db, [topDrinks]))[0]?.behind, {
      what: 'the new one',
    });
    expect(await underWay()).toEqual(inAll(slow));
  });

  it('stay as long as another projection has them under way', async () => {
    await loseDeliveries();
    await rig.rest();
    // Knows one order, which has ended.
    await rig.db.query('truncate sales_g1.orders_at_hand, sales_g1.orders_waiting');
    const [one] = ids(1, OLD) as [string];
    await rig.db.query(`insert into sales_g1.orders_at_hand (ended, ids, columns) values (1, $1, '')`, [
      Buffer.from(`${String.fromCharCode(one.length)}${one}`),
    ]);
    expect(await run()).toMatchObject({ outcome: 'switched' });
    expect(await underWay()).toEqual(inAll(slow));
  });

  it('stay where nothing that is live knows of orders', async () => {
    await loseDeliveries();
    await rig.rest();
    for (const { schema } of await liveGenerations(rig.db, projections))
      await rig.db.query(`truncate ${schema}.orders_at_hand, ${schema}.orders_waiting`);
    expect(await run()).toMatchObject({ outcome: 'switched' });
    expect(await underWay()).toEqual(inAll([...ids(40, OLD), ...slow].sort()));
  });
});
