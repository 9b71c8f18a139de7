import { CourierAssigned, type EventType, OrderDelivered, OrderReady } from '@brew/events';
import { infrastructure } from '@brew/sandbox/testing';
import { createTestBench, orderNamed, type TestBench } from '@brew/service/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CourierConfig, readCourierConfig } from '../config.ts';
import { onOrderReady } from '../consumers/onOrderReady.ts';
import { roster } from '../domain/roster.ts';
import { listCouriers, putOnDuty } from '../store/couriers.ts';
import { freeCourier, look as glance } from '../store/dispatch.ts';
import { addShipments, findShipment } from '../store/shipments.ts';
import { type Rules, tick } from './tick.ts';

const rules: Rules = { speed: 60, deliverySeconds: 480 };

describe('tick', () => {
  let bench: TestBench<CourierConfig>;
  let clock: Date;

  beforeAll(async () => {
    bench = await createTestBench({
      name: 'courier',
      migrations: new URL('../store/migrations/', import.meta.url),
      events: [OrderReady, CourierAssigned, OrderDelivered],
      infrastructure: infrastructure(),
      readConfig: readCourierConfig,
      now: () => clock,
    });
    // They are in the order in which all is taken: rows that came by them would be so without being asked for it.
    await bench.context.db.query('drop index couriers_free, shipments_waiting');
  });

  afterAll(() => bench?.stop());

  beforeEach(async () => {
    clock = new Date('2026-01-01T08:00:00Z');
    await bench.context.db.query('truncate shipments, couriers, outbox');
    await putOnDuty(bench.context.db, roster(3), clock);
  });

  /** The service's clock goes on, and what is due by the database's clock is so much sooner. */
  const later = async (ms: number) => {
    clock = new Date(clock.getTime() + ms);
    await bench.context.db.query(
      `update shipments set due_at = due_at - $1 * interval '1 millisecond' where state = 'on_the_way'`,
      [ms],
    );
  };

  /** Orders that become ready one after the other: the first has the last of their ids. */
  async function ready(count: number, prefix = 'order'): Promise<string[]> {
    const orders = Array.from({ length: count }, (_, index) => orderNamed(`${prefix}-${9_999 - index}`));
    await addShipments(
      bench.context.db,
      orders.map((orderId, index) => ({
        orderId,
        cafeId: 'cafe-001',
        readyAt: new Date(clock.getTime() + index),
        causationId: '',
        traceparent: undefined,
      })),
    );
    return orders;
  }

  /** One instance's look at the board; `meanwhile` happens before it commits. */
  const look = (how = rules, meanwhile: () => Promise<unknown> = async () => {}): Promise<void> =>
    bench.context.transact({}, async (work) => {
      await tick(work, how, true);
      await meanwhile();
    });

  async function emitted<Data>(type: EventType<Data>): Promise<Data[]> {
    return (await bench.emitted()).filter((event) => event.type === type).map(({ data }) => data as Data);
  }

  const ordersOf = async (type: EventType<{ orderId: string }>) =>
    (await emitted(type)).map(({ orderId }) => orderId);
  const couriers = () => listCouriers(bench.context.db);
  const shipment = (orderId: string) => findShipment(bench.context.db, orderId);

  it('sends each free courier with what has waited longest', async () => {
    const [first = '', second, third, fourth = ''] = await ready(5);
    await look();

    expect(await ordersOf(CourierAssigned)).toEqual([first, second, third]);
    expect((await emitted(CourierAssigned))[0]).toMatchObject({
      courierId: 'courier-001',
      courierName: 'Ada A.',
    });
    expect(await shipment(first)).toMatchObject({ state: 'on_the_way', courierId: 'courier-001' });
    expect(await shipment(fourth)).toMatchObject({ state: 'waiting', courierId: null });
    expect(await glance(bench.context.db)).toMatchObject({ assignable: false });
  });

  it('delivers when the time is up; the courier is free again and has one delivery more', async () => {
    const [orderId = ''] = await ready(1);
    // Eight minutes, a quarter more or less: however busy the machine is, it is not there before it should be.
    const slowly = { ...rules, speed: 1 };
    await look(slowly);
    const [assigned] = await emitted(CourierAssigned);
    const half = ((assigned?.expectedDeliveryAt ?? 0) - clock.getTime()) / 2;
    await later(half);
    await look(slowly);
    expect(await emitted(OrderDelivered)).toEqual([]);

    await later(half);
    await look(slowly);

    const deliveredAt = clock.getTime();
    expect(await emitted(OrderDelivered)).toEqual([{ orderId, courierId: 'courier-001', deliveredAt }]);
    expect(await shipment(orderId)).toMatchObject({ state: 'delivered', deliveredAt: clock });
    expect((await couriers())[0]).toMatchObject({ state: 'free', orderId: null, deliveries: 1 });
  });

  it.each([-600_000, 600_000])(
    'knows by the database when one is made, though the clock of who looks differs by %d ms from that of who sent it',
    async (ms) => {
      const slowly = { ...rules, speed: 1 };
      const [orderId] = await ready(1);
      await look(slowly);
      clock = new Date(clock.getTime() + ms);
      await look(slowly);
      expect(await emitted(OrderDelivered)).toEqual([]);
      await later(600_000);
      await look(slowly);
      expect(await ordersOf(OrderDelivered)).toEqual([orderId]);
    },
  );

  it('delivers what was set aside without taking from its courier what they carry by then', async () => {
    const [first = '', , , fourth] = await ready(4);
    await look();
    const { db } = bench.context;
    await db.query(`insert into stuck_items (worker, item, error) values ('dispatcher', $1, 'no')`, [first]);
    await freeCourier(db, first, clock);
    await look();
    await later(10_000);
    await bench.context.transact({}, (work) => tick(work, rules, true, first));
    await db.query('truncate stuck_items');

    expect(await shipment(first)).toMatchObject({ state: 'delivered', courierId: 'courier-001' });
    const [courier] = await couriers();
    expect(courier).toMatchObject({ state: 'delivering', orderId: fourth, deliveries: 1 });
  });

  it('sends first who has been free for the longest', async () => {
    // courier-003 for three minutes, courier-001 for one.
    await bench.context.db.query(
      `update couriers set free_since = free_since - right(courier_id, 1)::int * interval '1 minute'`,
    );
    await ready(2);
    await look();
    const sent = (await emitted(CourierAssigned)).map(({ courierId }) => courierId);
    expect(sent).toEqual(['courier-003', 'courier-002']);

    await later(10_000);
    await look(); // both come back, and were away
    await ready(1, 'later');
    await look();
    expect((await emitted(CourierAssigned)).at(-1)).toMatchObject({ courierId: 'courier-001' });
  });

  it('tells of each step which event led to it', async () => {
    const handlers = [onOrderReady(() => {})];
    const readyId = await bench.deliver(handlers, OrderReady, {
      orderId: orderNamed('order'),
      cafeId: 'cafe-001',
      customer: { name: 'Ada', address: 'Bean Lane 1' },
      readyAt: clock.getTime(),
    });
    await look();
    await later(10_000);
    await look();

    const [assigned, delivered] = await bench.emitted();
    expect(assigned).toMatchObject({ type: CourierAssigned, causationId: readyId });
    expect(delivered).toMatchObject({ type: OrderDelivered, causationId: assigned?.id });
  });

  it('adds what becomes ready together, once, and is woken when it can be seen', async () => {
    const isReady = (orderId: string): [typeof OrderReady, OrderReady] => [
      OrderReady,
      {
        orderId,
        cafeId: 'cafe-001',
        customer: { name: 'Ada', address: 'Bean Lane 1' },
        readyAt: clock.getTime(),
      },
    ];
    const seen: Promise<boolean>[] = [];
    const wake = () => seen.push(glance(bench.context.db).then(({ assignable }) => assignable));
    const [a, b] = ['order-1', 'order-2'].map(orderNamed) as [string, string];
    const events = [b, a, b].map(isReady) as [EventType, unknown][];
    await bench.deliverTogether([onOrderReady(wake)], events);

    expect(await Promise.all(seen)).toEqual([true]);
    await look();
    expect(await ordersOf(CourierAssigned)).toEqual([a, b]);
  });

  it('delivers everything in one look when deliveries take no time, whatever the number of couriers', async () => {
    const orders = await ready(100);
    await look({ ...rules, speed: 0 });

    expect(await ordersOf(OrderDelivered)).toEqual(orders);
    expect((await bench.emitted()).map(({ type }) => type.name).slice(0, 2)).toEqual([
      'CourierAssigned',
      'OrderDelivered',
    ]);
    expect((await couriers()).map(({ deliveries }) => deliveries)).toEqual([34, 33, 33]);
    expect((await couriers()).every(({ state }) => state === 'free')).toBe(true);
  });

  it('gives nothing new to who went off duty, and lets them bring what they carry', async () => {
    const orders = await ready(4);
    await look();
    await putOnDuty(bench.context.db, roster(1), clock);
    await later(10_000);
    await look();

    expect(await emitted(OrderDelivered)).toHaveLength(3);
    const [last] = (await emitted(CourierAssigned)).toReversed();
    expect(last).toMatchObject({ orderId: orders[3], courierId: 'courier-001' });
    expect((await couriers()).map(({ state }) => state)).toEqual(['delivering', 'off_duty', 'off_duty']);
  });

  it.each([0, 60])(
    'sends nobody twice, and waits for nobody, while another instance is at it (speed %d)',
    async (speed) => {
      const orders = await ready(9);
      const sent = (speed === 0 ? orders : orders.slice(0, 3)).sort();
      const lookTwice = () => look({ ...rules, speed }, () => look({ ...rules, speed }));
      await lookTwice();
      expect((await ordersOf(CourierAssigned)).sort()).toEqual(sent);
      await later(10_000);
      await lookTwice();
      expect((await ordersOf(OrderDelivered)).sort()).toEqual(sent);
    },
  );

  it.each([0, 60_000])(
    'delivers each order once, with several instances at work (speed %d)',
    async (speed) => {
      const orders = await ready(300);
      const { db } = bench.context;
      const undelivered = `select from shipments where state <> 'delivered' limit 1`;

      const instance = async () => {
        while ((await db.query(undelivered)).rowCount !== 0) {
          await look({ ...rules, speed });
        }
      };
      await Promise.all([instance(), instance(), instance(), instance()]);

      expect((await ordersOf(CourierAssigned)).sort()).toEqual(orders.sort());
      expect((await ordersOf(OrderDelivered)).sort()).toEqual(orders);
      expect((await couriers()).reduce((sum, { deliveries }) => sum + deliveries, 0)).toBe(300);
    },
  );
});
