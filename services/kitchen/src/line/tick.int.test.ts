import {
  CancellationRequested,
  type EventType,
  KitchenStarted,
  OrderPlaced,
  OrderReady,
  PaymentReceived,
  TicketDropped,
} from '@brew/events';
import { orderNamed, type TestBench } from '@brew/service/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { KitchenConfig } from '../config.ts';
import { createHandlers } from '../consumers/handlers.ts';
import { look as glance, openCafes } from '../store/line.ts';
import { createKitchenBench, latte } from '../testing.ts';
import { type Rules, tick } from './tick.ts';

const [third, second, first, some] = ['order-1', 'order-2', 'order-3', 'some'].map(orderNamed) as [
  string,
  string,
  string,
  string,
];

const handlers = createHandlers(() => {});
const rules: Rules = { speed: 60, baristas: 2 };
/** A latte takes a minute: however busy the machine is, none is ready before it should be. */
const slowly: Rules = { ...rules, speed: 1 };
const opening = new Date('2026-01-01T09:00:00Z');

describe('tick', () => {
  let bench: TestBench<KitchenConfig>;
  let clock: Date;

  beforeAll(async () => {
    bench = await createKitchenBench(() => clock);
    // It has the order in which tickets are taken, whether that is asked for or not.
    await bench.context.db.query('drop index tickets_queued');
  });

  afterAll(() => bench?.stop());

  beforeEach(async () => {
    clock = opening;
    await bench.context.db.query('truncate tickets, slots, outbox');
  });

  /** The service's clock goes on, and what is due by the database's clock is so much sooner. */
  const later = async (ms: number) => {
    clock = new Date(clock.getTime() + ms);
    await bench.context.db.query(
      `update tickets set due_at = due_at - $1 * interval '1 millisecond' where stage = 'preparing'`,
      [ms],
    );
  };

  /** @returns the id of PaymentReceived */
  async function order(orderId: string, cafeId = 'cafe-001', minute = 0): Promise<string> {
    const { placed, paid } = latte(orderId, cafeId, minute);
    await bench.deliver(handlers, OrderPlaced, placed);
    return bench.deliver(handlers, PaymentReceived, paid);
  }

  /** One instance's look along the counter; `meanwhile` happens before it commits. */
  async function look(how = rules, meanwhile: () => Promise<unknown> = async () => {}): Promise<void> {
    await openCafes(bench.context.db, how.baristas);
    await bench.context.transact({}, async (work) => {
      await tick(work, how, { finishes: true, starts: true });
      await meanwhile();
    });
  }

  async function emitted<Data>(type: EventType<Data>): Promise<Data[]> {
    return (await bench.emitted()).filter((event) => event.type === type).map(({ data }) => data as Data);
  }

  const ordersOf = async (type: EventType<{ orderId: string }>) =>
    (await emitted(type)).map(({ orderId }) => orderId).sort();

  it('starts as many orders as there are baristas, those that were paid first', async () => {
    // Neither in the order of their ids nor in that in which they came.
    await order(third, 'cafe-001', 3);
    await order(first, 'cafe-001', 1);
    await order(second, 'cafe-001', 2);

    await look();

    const times = { startedAt: clock.getTime(), expectedReadyAt: clock.getTime() + 1_000 };
    expect(await emitted(KitchenStarted)).toEqual([
      { orderId: first, cafeId: 'cafe-001', slot: 1, ...times },
      { orderId: second, cafeId: 'cafe-001', slot: 2, ...times },
    ]);
    const seen = await glance(bench.context.db, rules.baristas);
    expect(seen).toEqual({ dueInMs: expect.any(Number), startable: false, unopened: false });
    expect(seen.dueInMs).toBeLessThanOrEqual(1_000);
  });

  it('hands over what is done and lets the free barista start the next', async () => {
    for (const [index, orderId] of [first, second, third].entries()) {
      await order(orderId, 'cafe-001', index);
    }
    await look(slowly);
    await later(30_000);
    await look(slowly);
    expect(await emitted(OrderReady)).toEqual([]);

    await later(30_000);
    await look(slowly);

    expect(await ordersOf(OrderReady)).toEqual([first, second].toSorted());
    const { customer } = latte('').placed;
    expect(await emitted(OrderReady)).toContainEqual({
      orderId: first,
      cafeId: 'cafe-001',
      customer,
      readyAt: clock.getTime(),
    });
    expect((await emitted(KitchenStarted)).at(-1)).toMatchObject({ orderId: third, slot: 1 });
  });

  it.each([-600_000, 600_000])(
    'knows by the database when one is done, though the clock of who looks differs by %d ms from that of who started it',
    async (ms) => {
      await order(some);
      await look(slowly);
      clock = new Date(clock.getTime() + ms);
      await look(slowly);
      expect(await emitted(OrderReady)).toEqual([]);
      await later(60_000);
      await look(slowly);
      expect(await ordersOf(OrderReady)).toEqual([some]);
    },
  );

  it('tells of each step which event led to it', async () => {
    const paymentId = await order(some);
    await look();
    await later(1_000);
    await look();

    const [started, ready] = await bench.emitted();
    expect(started).toMatchObject({ type: KitchenStarted, causationId: paymentId });
    expect(ready).toMatchObject({ type: OrderReady, causationId: started?.id });
  });

  it('says which cafes it has yet to open', async () => {
    await order(some);
    expect(await glance(bench.context.db, 2)).toEqual({ dueInMs: null, startable: false, unopened: true });
    await openCafes(bench.context.db, 2);
    expect(await glance(bench.context.db, 2)).toEqual({ dueInMs: null, startable: true, unopened: false });
  });

  it('makes orders that take no time at once, each started before it is ready', async () => {
    const orders = Array.from({ length: 7 }, (_, index) => orderNamed(`order-${index}`));
    for (const [index, orderId] of orders.entries()) await order(orderId, 'cafe-001', index);
    await look({ ...rules, speed: 0 });
    const events = await bench.emitted();
    for (const orderId of orders) {
      const [started, ready, ...others] = events.filter(({ correlationId }) => correlationId === orderId);
      expect(started?.type).toBe(KitchenStarted);
      expect(ready).toMatchObject({ type: OrderReady, causationId: started?.id });
      expect(others).toEqual([]);
    }
    const seen = { dueInMs: null, startable: false, unopened: false };
    expect(await glance(bench.context.db, rules.baristas)).toEqual(seen);
    expect((await bench.context.db.query('select from slots where order_id is not null')).rowCount).toBe(0);
  });

  it('lets nobody wait for another cafe', async () => {
    for (let index = 0; index < 5; index++) await order(orderNamed(`busy-${index}`), 'cafe-001', index);
    await order(some, 'cafe-002', 9);
    await look();
    expect(await ordersOf(KitchenStarted)).toContain(some);
  });

  it('fills no slot twice, and waits for nobody, while another instance is at it', async () => {
    for (let index = 0; index < 9; index++) await order(orderNamed(`order-${index}`), `cafe-00${index % 3}`);

    await look(rules, () => look());

    const places = (await emitted(KitchenStarted)).map(({ cafeId, slot }) => `${cafeId} ${slot}`).sort();
    expect(places).toEqual(
      ['cafe-000', 'cafe-001', 'cafe-002'].flatMap((cafe) => [`${cafe} 1`, `${cafe} 2`]),
    );
    const started = await ordersOf(KitchenStarted);
    await later(1_000);
    await look(rules, () => look());
    expect(await ordersOf(OrderReady)).toEqual(started);
  });

  it('leaves out a ticket that a handler holds, and knows that there is one', async () => {
    await order(some);
    await bench.context.transact({}, async ({ tx }) => {
      await tx.query(`select from tickets where order_id = '${some}' for update`);
      await look();
    });
    expect(await emitted(KitchenStarted)).toEqual([]);
    expect(await glance(bench.context.db, rules.baristas)).toMatchObject({ startable: true });
  });

  it('makes each order once, or drops it, with several instances at work and customers who cancel', async () => {
    const orders = Array.from({ length: 600 }, (_, index) => orderNamed(`order-${index}`));
    const events = orders.flatMap((orderId, index): [EventType, unknown][] => {
      const { placed, paid } = latte(orderId, `cafe-00${index % 4}`, index);
      return [
        [OrderPlaced as EventType, placed],
        [PaymentReceived as EventType, paid],
      ];
    });
    await bench.deliverTogether(handlers, events);
    const { db } = bench.context;
    const unfinished = `select from tickets where stage in ('queued', 'preparing') limit 1`;

    const instance = async () => {
      while ((await db.query(unfinished)).rowCount !== 0) await look({ ...rules, speed: 0 });
    };
    const customers = async () => {
      const requests = orders.toReversed().map((orderId): [EventType, unknown] => {
        return [CancellationRequested as EventType, { orderId, requestedAt: clock.getTime(), cafeId: null }];
      });
      while (requests.length > 0) await bench.deliverTogether(handlers, requests.splice(0, 20));
    };
    await Promise.all([instance(), instance(), instance(), customers()]);

    const started = await ordersOf(KitchenStarted);
    const dropped = await ordersOf(TicketDropped);
    expect([...started, ...dropped].sort()).toEqual(orders);
    expect(await ordersOf(OrderReady)).toEqual(started);
    // Both happened, or the race was none.
    expect(started.length).toBeGreaterThan(0);
    expect(dropped.length).toBeGreaterThan(0);
    expect((await db.query('select from slots where order_id is not null')).rowCount).toBe(0);
  });
});
