import type { EventType, KitchenStarted, OrderReady } from '@brew/events';
import { uuidv7 } from '@brew/events';
import { createDatabase, type Database, migrate, type Tx } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { nextWake, openCafes } from '../store/line.ts';
import { record } from '../store/tickets.ts';
import { type Rules, tick } from './tick.ts';

const log = pino({ level: 'silent' });
const rules: Rules = { speed: 60, baristas: 2 };

describe('tick', () => {
  let testDatabase: TestDatabase;
  let db: Database;
  let emitted: { name: string; data: unknown; causationId: string | undefined; id: string }[];
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
    await db.query('truncate tickets, slots');
    emitted = [];
    clock = new Date('2026-01-01T08:00:00Z');
  });

  const placed = (tx: Tx, orderId: string, cafeId: string, minute = 0) =>
    record(tx, orderId, {
      cafe_id: cafeId,
      customer: '{"name":"Ada","address":"1 Road"}',
      items: '[]',
      preparation_seconds: 60,
      placed_at: clock,
      paid_at: new Date(clock.getTime() + minute * 60_000),
      cause_id: `paid ${orderId}`,
    });

  /** One instance's look along the counter; `meanwhile` happens before it commits. */
  async function look(how: Rules = rules, meanwhile: () => Promise<unknown> = async () => {}): Promise<void> {
    await openCafes(db, how.baristas);
    await db.transaction(async (tx) => {
      await tick(
        {
          tx,
          log,
          now: () => clock,
          emitTombstone: () => {},
          emit<Data>(type: EventType<Data>, data: Data, cause?: { causationId?: string | undefined }) {
            const id = uuidv7();
            emitted.push({ name: type.name, data, causationId: cause?.causationId, id });
            return id;
          },
        },
        how,
      );
      await meanwhile();
    });
  }

  const started = () =>
    emitted.filter(({ name }) => name === 'KitchenStarted').map(({ data }) => data as KitchenStarted);
  const ready = () =>
    emitted.filter(({ name }) => name === 'OrderReady').map(({ data }) => data as OrderReady);

  it('starts as many orders as there are baristas, those that were paid first', async () => {
    await placed(db, 'third', 'cafe-001', 3);
    await placed(db, 'first', 'cafe-001', 1);
    await placed(db, 'second', 'cafe-001', 2);

    await look();

    const times = { startedAt: clock.getTime(), expectedReadyAt: clock.getTime() + 1_000 };
    expect(started()).toEqual([
      { orderId: 'first', cafeId: 'cafe-001', slot: 1, ...times },
      { orderId: 'second', cafeId: 'cafe-001', slot: 2, ...times },
    ]);
    expect(await nextWake(db, rules.baristas)).toEqual({
      dueAt: new Date(clock.getTime() + 1_000),
      startable: false,
    });
  });

  it('hands over what is done and lets the free barista start the next', async () => {
    for (const [index, orderId] of ['first', 'second', 'third'].entries()) {
      await placed(db, orderId, 'cafe-001', index);
    }
    await look();
    clock = new Date(clock.getTime() + 999);
    await look();
    expect(ready()).toEqual([]);

    clock = new Date(clock.getTime() + 1);
    await look();

    expect(
      ready()
        .map(({ orderId }) => orderId)
        .sort(),
    ).toEqual(['first', 'second']);
    expect(started().map(({ orderId, slot }) => [orderId, slot])).toEqual([
      ['first', 1],
      ['second', 2],
      ['third', 1],
    ]);
  });

  it('tells of each step which event led to it', async () => {
    await placed(db, 'order', 'cafe-001');
    await look();
    clock = new Date(clock.getTime() + 1_000);
    await look();

    const [start, end] = emitted;
    expect(start).toMatchObject({ name: 'KitchenStarted', causationId: 'paid order' });
    expect(end).toMatchObject({ name: 'OrderReady', causationId: start?.id });
  });

  it('keeps a cafe waiting for its own baristas only', async () => {
    for (let index = 0; index < 5; index++) await placed(db, `busy-${index}`, 'cafe-001', index);
    await placed(db, 'quiet', 'cafe-002', 9);
    await look();
    expect(started().map(({ orderId }) => orderId)).toContain('quiet');
  });

  it('fills no slot twice, and waits for nobody, while another instance is at it', async () => {
    for (let index = 0; index < 9; index++) await placed(db, `order-${index}`, `cafe-00${index % 3}`);

    await look(rules, () => look());

    const places = started().map(({ cafeId, slot }) => `${cafeId} ${slot}`);
    expect(places.sort()).toEqual(
      ['cafe-000', 'cafe-001', 'cafe-002'].flatMap((cafe) => [`${cafe} 1`, `${cafe} 2`]),
    );
  });

  it('leaves out a ticket that a handler holds, and finds it again afterwards', async () => {
    await placed(db, 'order', 'cafe-001');
    await db.transaction(async (tx) => {
      await record(tx, 'order', { cancellation_requested_at: clock });
      await look();
    });
    expect(started()).toEqual([]);
    expect((await nextWake(db, rules.baristas)).startable).toBe(true);
  });

  it('makes each order once, with several instances at work', async () => {
    const orders = Array.from({ length: 300 }, (_, index) => `order-${index}`);
    await db.transaction(async (tx) => {
      for (const [index, orderId] of orders.entries()) await placed(tx, orderId, `cafe-00${index % 7}`);
    });
    const unfinished = async () => {
      const { rows } = await db.query(`select from tickets where stage in ('queued', 'preparing') limit 1`);
      return rows.length > 0;
    };

    const instance = async () => {
      while (await unfinished()) await look({ speed: 0, baristas: 2 });
    };
    await Promise.all([instance(), instance(), instance(), instance()]);

    expect(
      started()
        .map(({ orderId }) => orderId)
        .sort(),
    ).toEqual([...orders].sort());
    expect(
      ready()
        .map(({ orderId }) => orderId)
        .sort(),
    ).toEqual([...orders].sort());
    expect((await db.query('select from slots where order_id is not null')).rowCount).toBe(0);
  });
});
