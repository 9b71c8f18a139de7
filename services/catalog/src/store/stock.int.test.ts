import { cafes, uuidv7 } from '@brew/events';
import { createDatabase, type Database, migrate } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { MenuItem } from '../domain/menuItem.ts';
import { openingMenu } from '../domain/openingMenu.ts';
import { putMenuItem, removeMenuItem } from './menu.ts';
import {
  deliverStock,
  fillNewShelves,
  lockStock,
  releaseStock,
  reserveStock,
  type StockLine,
  stockOf,
} from './stock.ts';

const log = pino({ level: 'silent' });
const at = new Date();
const cafeIds = cafes.map(({ id }) => id);
const skus = openingMenu.map(({ sku }) => sku);

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase(infrastructure().postgresUrl);
  await migrate({ url: testDatabase.url, directories: [new URL('./migrations/', import.meta.url)], log });
  db = createDatabase({ url: testDatabase.url, applicationName: 'stock-test', log });
  for (const item of openingMenu) await putMenuItem(db, item, at);
  await fillNewShelves(db, cafeIds);
}, 60_000);

afterAll(async () => {
  await db?.stop();
  await testDatabase?.drop();
});

/** How many of an item are on a cafe's shelf. */
async function available(cafeId: string, sku: string): Promise<number | undefined> {
  return (await stockOf(db, cafeId)).find((shelf) => shelf.sku === sku)?.available;
}

const line = (sku: string, quantity: number): StockLine => ({ sku, quantity });

describe('reserving', () => {
  test('takes everything that an order needs, an item that is named twice in one, and says what is left', async () => {
    const items = [line('latte', 2), line('mocha', 1), line('latte', 3)];
    expect(await reserveStock(db, uuidv7(), 'cafe-001', items, at)).toEqual({
      reserved: [
        { ...line('latte', 5), remaining: 995 },
        { ...line('mocha', 1), remaining: 999 },
      ],
    });
    expect(await available('cafe-001', 'latte')).toBe(995);
    expect(await available('cafe-001', 'mocha')).toBe(999);
  });

  test('takes nothing at all when one item is missing, and says what is', async () => {
    const orderId = uuidv7();
    const items = [line('latte', 1), line('yuzu-cheesecake', 6), line('unicorn', 1)];
    expect(await reserveStock(db, orderId, 'cafe-002', items, at)).toEqual({
      missing: [
        { sku: 'unicorn', requested: 1, available: 0 },
        { sku: 'yuzu-cheesecake', requested: 6, available: 5 },
      ],
    });
    expect(await available('cafe-002', 'latte')).toBe(1_000);
    expect(await releaseStock(db, orderId, at)).toBeUndefined();
  });

  test('takes the last one', async () => {
    await reserveStock(db, uuidv7(), 'cafe-003', [line('yuzu-cheesecake', 5)], at);
    expect(await available('cafe-003', 'yuzu-cheesecake')).toBe(0);
  });

  test('has the table itself refuse what would go below nothing', async () => {
    await expect(db.query('update stock set available = -1')).rejects.toThrow(/stock_available_check/);
  });
});

describe('releasing', () => {
  test('gives back exactly what was reserved, once, and says what there is now', async () => {
    const orderId = uuidv7();
    const items = [line('cortado', 3), line('latte', 1)];
    await reserveStock(db, orderId, 'cafe-004', items, at);
    expect(await releaseStock(db, orderId, at)).toEqual({
      cafeId: 'cafe-004',
      items: items.map((item) => ({ ...item, remaining: 1_000 })),
    });
    expect(await releaseStock(db, orderId, at)).toBeUndefined();
    expect(await available('cafe-004', 'cortado')).toBe(1_000);
  });

  test('has nothing to say of what is left when the item has been taken off the menu', async () => {
    const seasonal = { ...openingMenu[0], sku: 'seasonal' } as MenuItem;
    await putMenuItem(db, seasonal, at);
    await fillNewShelves(db, ['cafe-004']);
    const orderId = uuidv7();
    await reserveStock(db, orderId, 'cafe-004', [line('seasonal', 1)], at);
    await removeMenuItem(db, 'seasonal');
    expect(await releaseStock(db, orderId, at)).toEqual({
      cafeId: 'cafe-004',
      items: [{ ...line('seasonal', 1), remaining: null }],
    });
  });

  test('knows nothing of an order that reserved nothing', async () => {
    expect(await releaseStock(db, uuidv7(), at)).toBeUndefined();
  });
});

describe('delivering', () => {
  test('adds to the shelves, and names what there is no shelf for', async () => {
    const items = [line('latte', 10), line('latte', 1), line('unicorn', 4)];
    expect(await deliverStock(db, 'cafe-005', items)).toEqual(['unicorn']);
    expect(await available('cafe-005', 'latte')).toBe(1_011);
  });
});

describe('many at once', () => {
  test('chunks of orders that want the same items crosswise neither deadlock nor lose count', async () => {
    const cafeId = 'cafe-006';
    const chunks = Array.from({ length: 8 }, (_, chunk) =>
      Array.from({ length: 25 }, (_, n) => ({
        orderId: uuidv7(),
        // Each chunk walks through the menu from another end: without the lock they block each other crosswise.
        sku: skus[chunk % 2 === 0 ? n % skus.length : skus.length - 1 - (n % skus.length)] ?? '',
      })),
    );
    const outcomes = await Promise.all(
      chunks.map((orders) =>
        db.transaction(async (tx) => {
          const taken: string[] = [];
          for (const { orderId, sku } of orders) {
            await lockStock(tx);
            const result = await reserveStock(tx, orderId, cafeId, [line(sku, 1)], at);
            if ('reserved' in result) taken.push(sku);
          }
          return taken;
        }),
      ),
    );
    const taken = outcomes.flat();
    for (const { sku, par } of openingMenu) {
      const sold = taken.filter((each) => each === sku).length;
      expect({ sku, available: await available(cafeId, sku) }).toEqual({ sku, available: par - sold });
    }
    expect(taken.filter((sku) => sku === 'yuzu-cheesecake')).toHaveLength(5);
  });
});
