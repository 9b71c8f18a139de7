import { CourierAssigned, type EventType, OrderDelivered, uuidv7 } from '@brew/events';
import { createDatabase, type Database, migrate } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { roster } from '../domain/roster.ts';
import { listCouriers, putOnDuty } from '../store/couriers.ts';
import { nextWake } from '../store/dispatch.ts';
import { addShipment, findShipment } from '../store/shipments.ts';
import { type Rules, tick } from './tick.ts';

const log = pino({ level: 'silent' });
const rules: Rules = { speed: 60, deliverySeconds: 480 };

describe('tick', () => {
  let testDatabase: TestDatabase;
  let db: Database;
  let emitted: { type: EventType; data: unknown; causationId: string | undefined; id: string }[];
  let clock: Date;

  beforeAll(async () => {
    testDatabase = await createTestDatabase(infrastructure().postgresUrl);
    await migrate({
      url: testDatabase.url,
      directories: [new URL('../store/migrations/', import.meta.url)],
      log,
    });
    db = createDatabase({ url: testDatabase.url, applicationName: 'tick', log });
  });

  afterAll(async () => {
    await db?.stop();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    await db.query('truncate shipments, couriers');
    emitted = [];
    clock = new Date('2026-01-01T08:00:00Z');
    await putOnDuty(db, roster(3), clock);
  });

  async function ready(count: number): Promise<string[]> {
    const orders = Array.from({ length: count }, (_, index) => `order-${index}`);
    await db.transaction(async (tx) => {
      for (const [index, orderId] of orders.entries()) {
        const readyAt = new Date(clock.getTime() + index);
        const causationId = `ready ${orderId}`;
        await addShipment(tx, { orderId, cafeId: 'cafe-001', readyAt, causationId, traceparent: undefined });
      }
    });
    return orders;
  }

  /** One instance's look at the board; `meanwhile` happens before it commits. */
  const look = (how: Rules = rules, meanwhile: () => Promise<unknown> = async () => {}) =>
    db.transaction(async (tx) => {
      await tick(
        {
          tx,
          log,
          now: () => clock,
          emitTombstone: () => {},
          emit<Data>(type: EventType<Data>, data: Data, cause?: { causationId?: string | undefined }) {
            const id = uuidv7();
            emitted.push({ type, data, causationId: cause?.causationId, id });
            return id;
          },
        },
        how,
      );
      await meanwhile();
    });

  const dataOf = <Data>(type: EventType<Data>) =>
    emitted.filter((event) => event.type === type).map((event) => event.data as Data);
  const ordersOf = (type: EventType<CourierAssigned> | EventType<OrderDelivered>) =>
    dataOf<{ orderId: string }>(type).map(({ orderId }) => orderId);

  it('sends each free courier with what has waited longest', async () => {
    await ready(5);
    await look();

    expect(ordersOf(CourierAssigned)).toEqual(['order-0', 'order-1', 'order-2']);
    expect(dataOf(CourierAssigned)[0]).toMatchObject({ courierId: 'courier-01', courierName: 'Ada A.' });
    expect(await findShipment(db, 'order-0')).toMatchObject({ state: 'on_the_way', courierId: 'courier-01' });
    expect(await findShipment(db, 'order-3')).toMatchObject({ state: 'waiting', courierId: null });
    expect(await nextWake(db)).toMatchObject({ assignable: false });
  });

  it('delivers when the time is up; the courier is free again and has one delivery more', async () => {
    await ready(1);
    await look();
    const [assigned] = dataOf(CourierAssigned);
    clock = new Date((assigned?.expectedDeliveryAt ?? 0) - 1);
    await look();
    expect(ordersOf(OrderDelivered)).toEqual([]);

    clock = new Date(clock.getTime() + 1);
    await look();

    const deliveredAt = clock.getTime();
    expect(dataOf(OrderDelivered)).toEqual([{ orderId: 'order-0', courierId: 'courier-01', deliveredAt }]);
    expect(await findShipment(db, 'order-0')).toMatchObject({ state: 'delivered', deliveredAt: clock });
    const [courier] = await listCouriers(db);
    expect(courier).toMatchObject({ courierId: 'courier-01', state: 'free', orderId: null, deliveries: 1 });
  });

  it('tells of each step which event led to it', async () => {
    await ready(1);
    await look();
    clock = new Date(clock.getTime() + 10_000);
    await look();

    const [assigned, delivered] = emitted;
    expect(assigned).toMatchObject({ type: CourierAssigned, causationId: 'ready order-0' });
    expect(delivered).toMatchObject({ type: OrderDelivered, causationId: assigned?.id });
  });

  it('delivers everything in one look when deliveries take no time, whatever the number of couriers', async () => {
    const orders = await ready(100);
    await look({ speed: 0, deliverySeconds: 480 });

    expect(ordersOf(OrderDelivered).sort()).toEqual([...orders].sort());
    const couriers = await listCouriers(db);
    expect(couriers.map(({ deliveries }) => deliveries)).toEqual([34, 33, 33]);
    expect(couriers.every(({ state }) => state === 'free')).toBe(true);
  });

  it('gives nothing new to who went off duty, and lets them bring what they carry', async () => {
    await ready(4);
    await look();
    await putOnDuty(db, roster(1), clock);
    clock = new Date(clock.getTime() + 10_000);
    await look();

    expect(ordersOf(OrderDelivered).length).toBe(3);
    expect(dataOf(CourierAssigned).at(-1)).toMatchObject({ orderId: 'order-3', courierId: 'courier-01' });
    expect((await listCouriers(db)).map(({ state }) => state)).toEqual([
      'delivering',
      'off_duty',
      'off_duty',
    ]);
  });

  it.each([0, 60])(
    'sends nobody twice, and waits for nobody, while another instance is at it (speed %d)',
    async (speed) => {
      await ready(9);
      await look({ ...rules, speed }, () => look({ ...rules, speed }));

      const orders = ordersOf(CourierAssigned);
      expect(new Set(orders).size).toBe(orders.length);
      expect(orders.length).toBe(speed === 0 ? 9 : 3);
    },
  );

  it.each([0, 6_000])(
    'delivers each order once, with several instances at work at speed %d',
    async (speed) => {
      const orders = await ready(1_200);
      const undelivered = async () =>
        (await db.query(`select from shipments where state <> 'delivered' limit 1`)).rowCount !== 0;

      const instance = async () => {
        while (await undelivered()) {
          clock = new Date(clock.getTime() + 50);
          await look({ speed, deliverySeconds: 480 });
        }
      };
      await Promise.all([instance(), instance(), instance(), instance()]);

      expect(ordersOf(CourierAssigned).sort()).toEqual([...orders].sort());
      expect(ordersOf(OrderDelivered).sort()).toEqual([...orders].sort());
      const made = (await listCouriers(db)).reduce((sum, { deliveries }) => sum + deliveries, 0);
      expect(made).toBe(1_200);
    },
  );
});
