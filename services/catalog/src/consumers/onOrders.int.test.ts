import {
  cafes,
  OrderCancelled,
  OrderPlaced,
  StockRejected,
  StockReleased,
  StockReserved,
  uuidv7,
} from '@brew/events';
import { createDatabase, type Database, migrate } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import type { Delivery, Work } from '@brew/service';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { MenuItem } from '../domain/menuItem.ts';
import { openingMenu } from '../domain/openingMenu.ts';
import { putMenuItem, removeMenuItem } from '../store/menu.ts';
import { heldFor } from '../store/reservations.ts';
import { deliverStock, fillNewShelves, stockOf } from '../store/stock.ts';
import { onOrders } from './onOrders.ts';

const log = pino({ level: 'silent' });
const at = new Date();
const skus = openingMenu.map(({ sku }) => sku);

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase(infrastructure().postgresUrl);
  await migrate({
    url: testDatabase.url,
    directories: [new URL('../store/migrations/', import.meta.url)],
    log,
  });
  db = createDatabase({ url: testDatabase.url, applicationName: 'orders-test', log });
  for (const item of openingMenu) await putMenuItem(db, item, at);
  await fillNewShelves(
    db,
    cafes.map(({ id }) => id),
  );
});

afterAll(async () => {
  await db?.stop();
  await testDatabase?.drop();
});

type Event =
  | { type: typeof OrderPlaced; data: OrderPlaced }
  | { type: typeof OrderCancelled; data: OrderCancelled };
type Line = [sku: string, quantity: number];

function placed(orderId: string, cafeId: string, ...lines: Line[]): Event {
  const price = { amount: 100, currency: 'EUR' };
  const items = lines.map(([sku, quantity]) => ({
    sku,
    name: sku,
    category: 'drink' as const,
    quantity,
    unitPrice: price,
    preparationSeconds: 10,
  }));
  const customer = { name: 'Ada', address: 'Bean Lane 1' };
  return {
    type: OrderPlaced,
    data: { orderId, cafeId, customer, items, total: price, placedAt: 1, channel: 'app' },
  };
}

const cancelled = (orderId: string): Event => ({
  type: OrderCancelled,
  data: { orderId, reason: 'customer_request', cancelledAt: 1 },
});

/** Handles events as one chunk. @returns what it emits */
async function chunk(...events: Event[]) {
  const emitted: { type: unknown; data: { orderId: string } }[] = [];
  const emit = (type: unknown, data: { orderId: string }) => emitted.push({ type, data });
  await db.transaction((tx) => {
    const work = { tx, emit, now: () => at } as unknown as Work;
    return onOrders.handle(
      events.map((event) => ({ event, work }) as unknown as Delivery),
      tx,
    );
  });
  return emitted;
}

async function available(cafeId: string, sku: string): Promise<number | undefined> {
  return (await stockOf(db, cafeId)).find((shelf) => shelf.sku === sku)?.available;
}

describe('an order', () => {
  test('gets everything that it needs, an item that is named twice in one, and hears what is left', async () => {
    const orderId = uuidv7();
    expect(await chunk(placed(orderId, 'cafe-001', ['latte', 2], ['mocha', 1], ['latte', 3]))).toEqual([
      {
        type: StockReserved,
        data: {
          orderId,
          cafeId: 'cafe-001',
          items: [
            { sku: 'latte', quantity: 5, remaining: 995 },
            { sku: 'mocha', quantity: 1, remaining: 999 },
          ],
          reservedAt: at.getTime(),
        },
      },
    ]);
    expect(await available('cafe-001', 'latte')).toBe(995);
    expect(await available('cafe-001', 'mocha')).toBe(999);
  });

  test('gets nothing at all when one item is missing, and hears what is', async () => {
    const orderId = uuidv7();
    const order = placed(orderId, 'cafe-002', ['latte', 1], ['yuzu-cheesecake', 6], ['unicorn', 1]);
    expect(await chunk(order)).toEqual([
      {
        type: StockRejected,
        data: {
          orderId,
          cafeId: 'cafe-002',
          missing: [
            { sku: 'unicorn', requested: 1, available: 0 },
            { sku: 'yuzu-cheesecake', requested: 6, available: 5 },
          ],
          rejectedAt: at.getTime(),
        },
      },
    ]);
    expect(await available('cafe-002', 'latte')).toBe(1_000);
    expect(await chunk(cancelled(orderId))).toEqual([]);
  });

  test('gets the last one', async () => {
    await chunk(placed(uuidv7(), 'cafe-003', ['yuzu-cheesecake', 5]));
    expect(await available('cafe-003', 'yuzu-cheesecake')).toBe(0);
  });

  test('has one reservation, whatever else is published under its id', async () => {
    const orderId = uuidv7();
    await chunk(placed(orderId, 'cafe-003', ['latte', 1]));
    await expect(chunk(placed(orderId, 'cafe-003', ['latte', 1]))).rejects.toThrow(/reservations_pkey/);
    expect(await available('cafe-003', 'latte')).toBe(999);
  });
});

describe('a cancelled order', () => {
  test('gives back exactly what it had, once, and hears what there is now', async () => {
    const orderId = uuidv7();
    await chunk(placed(orderId, 'cafe-004', ['cortado', 3], ['latte', 1]));
    expect(await chunk(cancelled(orderId), cancelled(orderId))).toEqual([
      {
        type: StockReleased,
        data: {
          orderId,
          cafeId: 'cafe-004',
          items: [
            { sku: 'cortado', quantity: 3, remaining: 1_000 },
            { sku: 'latte', quantity: 1, remaining: 1_000 },
          ],
          releasedAt: at.getTime(),
        },
      },
    ]);
    expect(await chunk(cancelled(orderId))).toEqual([]);
    expect(await available('cafe-004', 'cortado')).toBe(1_000);
  });

  test('gives back what it took in the same chunk, once', async () => {
    const [first, second] = [uuidv7(), uuidv7()];
    const emitted = await chunk(
      placed(first, 'cafe-005', ['yuzu-cheesecake', 5]),
      cancelled(first),
      placed(second, 'cafe-005', ['yuzu-cheesecake', 4]),
    );
    expect(emitted.map(({ type }) => type)).toEqual([StockReserved, StockReleased, StockReserved]);
    expect(await available('cafe-005', 'yuzu-cheesecake')).toBe(1);
    expect(await chunk(cancelled(first))).toEqual([]);
  });

  test('has nothing to say of what is left when the item has been taken off the menu', async () => {
    const seasonal = { ...openingMenu[0], sku: 'seasonal' } as MenuItem;
    await putMenuItem(db, seasonal, at);
    await fillNewShelves(db, ['cafe-004']);
    const orderId = uuidv7();
    await chunk(placed(orderId, 'cafe-004', ['seasonal', 1]));
    await removeMenuItem(db, 'seasonal');
    expect(await chunk(cancelled(orderId))).toMatchObject([
      { data: { items: [{ sku: 'seasonal', quantity: 1, remaining: null }] } },
    ]);
  });

  test('that nobody knows gives nothing back', async () => {
    expect(await chunk(cancelled(uuidv7()))).toEqual([]);
  });
});

describe('many chunks at once', () => {
  test('that cancel the same orders crosswise give everything back once, and none waits in a circle', async () => {
    const orderIds = Array.from({ length: 500 }, () => uuidv7());
    // Those that come by the index have the order of their ids, those that are read in the table another one.
    await chunk(...orderIds.toReversed().map((orderId) => placed(orderId, 'cafe-006', ['latte', 1])));
    const cancelAll = (way: 'seqscan' | 'indexscan') =>
      db.transaction(async (tx) => {
        await tx.query(`set local enable_bitmapscan to off; set local enable_${way} to off`);
        return heldFor(tx, orderIds);
      });
    for (let round = 0; round < 20; round++) {
      const held = await Promise.all([cancelAll('seqscan'), cancelAll('indexscan')]);
      expect(held.map(({ length }) => length)).toEqual([500, 500]);
    }
    const cancelling = orderIds.map(cancelled);
    const emitted = (await Promise.all([chunk(...cancelling), chunk(...cancelling)])).flat();
    expect(emitted.map(({ data }) => data.orderId).sort()).toEqual(orderIds.sort());
    expect(await available('cafe-006', 'latte')).toBe(1_000);
  });

  test('that want the same items crosswise, and deliveries, neither deadlock nor lose count', async () => {
    const cafeIds = cafes.slice(20, 60).map(({ id }) => id);
    const chunks = Array.from({ length: 12 }, (_, n) => {
      const orders = cafeIds.flatMap((cafeId) =>
        skus.slice(0, 4).map((sku) => placed(uuidv7(), cafeId, [sku, 1], ['yuzu-cheesecake', 1])),
      );
      // Every other one comes from the other end.
      return n % 2 === 0 ? orders : orders.reverse();
    });
    const [cafeId = ''] = cafeIds;
    const delivered = skus.map((sku) => ({ sku, quantity: 1 })).reverse();
    const deliveries = Array.from({ length: 10 }, () =>
      db.transaction((tx) => deliverStock(tx, cafeId, delivered)),
    );
    const emitted = (await Promise.all(chunks.map((events) => chunk(...events)))).flat();
    await Promise.all(deliveries);

    const reserved = emitted
      .filter(({ type }) => type === StockReserved)
      .map(({ data }) => data as StockReserved);
    for (const id of cafeIds) {
      const items = reserved.filter((event) => event.cafeId === id).flatMap((event) => event.items);
      const extra = id === cafeId ? deliveries.length : 0;
      const expected = openingMenu.map(({ sku, par }) => ({
        sku,
        par,
        available: par + extra - items.filter((item) => item.sku === sku).length,
      }));
      expect({ id, shelves: await stockOf(db, id) }).toEqual({ id, shelves: expected });
    }
    expect(reserved.filter((event) => event.cafeId === cafeIds[1])).toHaveLength(5);
  });
});

describe('what came onto a shelf', () => {
  /** Shelves on which there is not what came and is not reserved. */
  async function uneven() {
    const { rows } = await db.query(
      `with reserved as (
         select line ->> 'shelf' as shelf, (line ->> 'quantity')::bigint as quantity
         from reservations cross join jsonb_array_elements(items) as line where released_at is null
         union all select shelf, quantity from forgotten_reservations
       )
       select cafe_id, sku, delivered, available from stock
       where delivered - available <> (select coalesce(sum(quantity), 0) from reserved where shelf = id::text)`,
    );
    return rows;
  }

  test('is still there or reserved, whatever was reserved, released, delivered or taken off the menu, above', async () => {
    expect(await uneven()).toEqual([]);
    await db.query(`update stock set available = 3 where cafe_id = 'cafe-001' and sku = 'latte'`);
    expect(await uneven()).toMatchObject([{ cafe_id: 'cafe-001', sku: 'latte', delivered: '1000' }]);
    await db.query(`update stock set available = 995 where cafe_id = 'cafe-001' and sku = 'latte'`);
  });

  test('or was reserved by what is deleted for its age, also by two at once', async () => {
    const portion = `delete from reservations where order_id in (select order_id from reservations order by order_id limit 100 for update skip locked)`;
    await Promise.all([db.query(portion), db.query(portion)]);
    expect(await uneven()).toEqual([]);
    await db.query('delete from reservations');
    expect(await uneven()).toEqual([]);
  });
});
