import { createDatabase, type Database, migrate } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { openingMenu } from '../domain/openingMenu.ts';
import { lockMenu, putMenuItem } from './menu.ts';
import { deliverStock, fillNewShelves, MOST_ON_A_SHELF, stockOf } from './stock.ts';

const log = pino({ level: 'silent' });

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase(infrastructure().postgresUrl);
  await migrate({ url: testDatabase.url, directories: [new URL('./migrations/', import.meta.url)], log });
  db = createDatabase({ url: testDatabase.url, applicationName: 'stock-test', log });
  for (const item of openingMenu) await putMenuItem(db, item, new Date());
  await fillNewShelves(db, ['cafe-005']);
});

afterAll(async () => {
  await db?.stop();
  await testDatabase?.drop();
});

test('the menu is changed by one transaction at a time', async () => {
  await db.transaction(async (tx) => {
    await lockMenu(tx);
    const other = db.transaction(async (second) => {
      await second.query(`set local lock_timeout to '50ms'`);
      await lockMenu(second);
    });
    await expect(other).rejects.toMatchObject({ code: '55P03' });
  });
  await db.transaction(lockMenu); // which the first has given back
});

const available = async (sku: string) =>
  (await stockOf(db, 'cafe-005')).find((shelf) => shelf.sku === sku)?.available;

describe('the stock', () => {
  test('takes a delivery whole or not at all, and names what there is no shelf or no room for', async () => {
    const items = [
      { sku: 'latte', quantity: 10 },
      { sku: 'latte', quantity: 1 },
    ];
    expect(await deliverStock(db, 'cafe-005', items)).toEqual(new Map());
    expect(await available('latte')).toBe(1_011);
    const tooMuch = { sku: 'mocha', quantity: MOST_ON_A_SHELF - 999 };
    expect(await deliverStock(db, 'cafe-005', [...items, tooMuch, { sku: 'unicorn', quantity: 4 }])).toEqual(
      new Map([
        ['mocha', 'no room'],
        ['unicorn', 'no shelf'],
      ]),
    );
    expect([await available('latte'), await available('mocha')]).toEqual([1_011, 1_000]);
    await deliverStock(db, 'cafe-005', [{ sku: 'mocha', quantity: MOST_ON_A_SHELF - 1_000 }]);
    expect(await available('mocha')).toBe(MOST_ON_A_SHELF);
  });

  test('has the table itself refuse what would go below nothing', async () => {
    await expect(db.query('update stock set available = -1')).rejects.toThrow(/stock_available_check/);
  });
});
