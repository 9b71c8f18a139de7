import {
  cafes,
  MenuItemChanged,
  OrderCancelled,
  OrderPlaced,
  StockRejected,
  StockReleased,
  StockReserved,
  uuidv7,
} from '@brew/events';
import { createDatabase, type Database } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createEventBus, type EventBus } from '@brew/service/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { createApp } from './app.ts';
import { readCatalogConfig } from './config.ts';
import { openingMenu } from './domain/openingMenu.ts';

/** Sold by these tests only: others may order from the opening menu on the same topics. */
const plenty = uniqueName('plenty');
const scarce = uniqueName('scarce');

const staff = { authorization: 'Bearer staff-token' };
let database: TestDatabase;
let db: Database;
let bus: EventBus;
let app: Service;

const start = async () => {
  const { brokers, registryUrl } = infrastructure();
  app = createApp(
    readCatalogConfig({
      PORT: '0',
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      LOG_LEVEL: 'silent',
      STAFF_TOKEN: 'staff-token',
    }),
  );
  await app.start();
};

beforeAll(async () => {
  database = await createTestDatabase(infrastructure().postgresUrl);
  db = createDatabase({ url: database.url, applicationName: 'catalog-test', log: pino({ level: 'silent' }) });
  bus = await createEventBus({ infrastructure: infrastructure(), service: 'catalog' });
  await start();
  await call('PUT', `/menu/${plenty}`, { ...espresso, par: 1_000 }, staff);
  await call('PUT', `/menu/${scarce}`, { ...espresso, par: 5 }, staff);
});

afterAll(async () => {
  await app?.stop();
  await bus?.stop();
  await db?.stop();
  await database?.drop();
});

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(new URL(path, app.url), {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: whatever the service answered is what the test looks at
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as any) };
}

async function available(cafeId: string, sku: string): Promise<number | undefined> {
  const { body } = await call('GET', `/cafes/${cafeId}/stock`);
  return body.items.find((shelf: { sku: string }) => shelf.sku === sku)?.available;
}

/** Waits until the event has taken effect: its inbox row is of the same transaction. */
const handled = (eventId: string) =>
  until(async () => (await db.query('select from inbox where event_id = $1', [eventId])).rowCount === 1, {
    what: `event ${eventId} to be handled`,
  });

const eventOf = (key: string, type: { type: string }) =>
  bus.eventsOf(key).find((event) => event.type === type);

async function order(cafeId: string, ...items: [sku: string, quantity: number][]): Promise<string> {
  const orderId = uuidv7();
  const price = { amount: 100, currency: 'EUR' };
  await bus.publish(OrderPlaced, {
    orderId,
    cafeId,
    customer: { name: 'Ada', address: 'Bean Lane 1' },
    items: items.map(([sku, quantity]) => ({
      sku,
      name: sku,
      category: 'drink' as const,
      quantity,
      unitPrice: price,
      preparationSeconds: 10,
    })),
    total: price,
    placedAt: Date.now(),
    channel: 'app',
  });
  return orderId;
}

const cancel = (orderId: string) =>
  bus.publish(OrderCancelled, { orderId, reason: 'customer_request', cancelledAt: Date.now() });

describe('the opening menu', () => {
  test('is there, and published once', async () => {
    const { body } = await call('GET', '/menu');
    expect(body.items.slice(0, openingMenu.length)).toEqual(openingMenu);
    for (const { sku, par: _, ...item } of openingMenu) {
      const event = await until(() => eventOf(sku, MenuItemChanged), { what: `${sku} on the topic` });
      expect(event.data).toMatchObject({ sku, ...item });
    }
  });

  test('is on the shelves of 80 cafes', async () => {
    const { body } = await call('GET', '/cafes');
    expect(body.cafes).toEqual(cafes);
    expect(body.cafes).toHaveLength(80);
    for (const cafeId of ['cafe-001', 'cafe-080']) {
      const stock = await call('GET', `/cafes/${cafeId}/stock`);
      const shelves = stock.body.items.slice(0, openingMenu.length);
      expect(shelves).toEqual(
        openingMenu.map(({ sku, par }) => ({ sku, available: expect.any(Number), par })),
      );
    }
  });

  test('does not come back with a restart, nor what staff took off it', async () => {
    expect((await call('DELETE', '/menu/almond-biscotti', undefined, staff)).status).toBe(204);
    await until(() => bus.tombstonesOf('almond-biscotti') > 0, { what: 'the tombstone' });
    await app.stop();
    await start();
    expect((await call('GET', '/menu/almond-biscotti')).status).toBe(404);
    await call('PUT', '/menu/espresso', { ...espresso, price: { amount: 270, currency: 'EUR' } }, staff);
    const prices = () => bus.eventsOf('espresso').map(({ data }) => (data as MenuItemChanged).price.amount);
    await until(() => prices().includes(270), { what: 'the new price' });
    // What the restart published would be on the same partition, before the new price.
    expect(prices()).toEqual([260, 270]);
  });
});

const espresso = {
  name: 'Espresso',
  category: 'drink',
  price: { amount: 260, currency: 'EUR' },
  preparationSeconds: 40,
  par: 1_000,
};

describe('the menu', () => {
  const affogato = { ...espresso, name: 'Affogato', par: 7 };

  test('takes something new, for all cafes, and tells the others', async () => {
    const put = await call('PUT', '/menu/affogato', affogato, staff);
    expect(put).toMatchObject({ status: 201, body: { sku: 'affogato', ...affogato } });
    expect((await call('GET', '/menu/affogato')).body).toEqual({ sku: 'affogato', ...affogato });
    expect(await available('cafe-042', 'affogato')).toBe(7);
    const event = await until(() => eventOf('affogato', MenuItemChanged), { what: 'MenuItemChanged' });
    expect(event.data).toMatchObject({ sku: 'affogato', price: affogato.price });
    expect(event.data).not.toHaveProperty('par');
  });

  test('takes no more items than everybody can read at once', async () => {
    await db.query(`insert into menu_items (sku, name, category, price_amount, price_currency, preparation_seconds, par, changed_at)
                    select 'filler-' || n, 'Filler', 'food', 1, 'EUR', 0, 0, now() from generate_series(1, 1000) n`);
    try {
      const refused = await call('PUT', '/menu/one-too-many', affogato, staff);
      expect(refused).toMatchObject({ status: 409, body: { code: 'MENU_FULL' } });
      expect((await call('GET', '/menu/one-too-many')).status).toBe(404);
      const changed = await call('PUT', '/menu/filler-1', affogato, staff);
      expect(changed.status).toBe(200);
    } finally {
      await db.query(`delete from menu_items where sku like 'filler-%'`);
    }
  });

  test('takes what costs nothing', async () => {
    const free = { ...affogato, price: { amount: 0, currency: 'EUR' } };
    expect(await call('PUT', '/menu/friday-coffee', free, staff)).toMatchObject({ status: 201, body: free });
    const event = await until(() => eventOf('friday-coffee', MenuItemChanged), { what: 'MenuItemChanged' });
    expect(event.data).toMatchObject({ sku: 'friday-coffee', price: free.price });
  });

  test('publishes a change, and nothing when nothing changes', async () => {
    await call('PUT', '/menu/gone', affogato, staff);
    expect((await call('PUT', '/menu/gone', affogato, staff)).status).toBe(200);
    await call('PUT', '/menu/gone', { ...affogato, preparationSeconds: 1 }, staff);
    await until(() => bus.eventsOf('gone').length >= 2, { what: 'the change' });
    expect((await call('DELETE', '/menu/gone', undefined, staff)).status).toBe(204);
    await until(() => bus.tombstonesOf('gone') === 1, { what: 'the tombstone' });
    // On the same partition, after both: a third event would have been seen by now.
    expect(bus.eventsOf('gone')).toHaveLength(2);
    expect(await available('cafe-001', 'gone')).toBeUndefined();
    expect((await call('DELETE', '/menu/gone', undefined, staff)).status).toBe(404);
  });

  test('is changed by staff only', async () => {
    expect((await call('PUT', '/menu/latte', affogato)).status).toBe(401);
    expect((await call('DELETE', '/menu/latte', undefined, { authorization: 'Bearer guess' })).status).toBe(
      401,
    );
    expect(
      (await call('POST', '/cafes/cafe-001/stock', { items: [{ sku: 'latte', quantity: 1 }] })).status,
    ).toBe(401);
  });

  test.each([
    ['a price below nothing', { ...affogato, price: { amount: -1, currency: 'EUR' } }, 'price.amount'],
    ['a price that is no integer', { ...affogato, price: { amount: 1.5, currency: 'EUR' } }, 'price.amount'],
    ['a currency that is none', { ...affogato, price: { amount: 1, currency: 'euro' } }, 'price.currency'],
    ['an unknown field', { ...affogato, colour: 'brown' }, 'colour'],
  ])('refuses %s', async (_title, body, field) => {
    const { status, body: problem } = await call('PUT', '/menu/affogato', body, staff);
    expect(status).toBe(400);
    expect(problem.errors[0]).toMatchObject({ field });
  });

  test('says so when there is no such item or cafe', async () => {
    expect((await call('GET', '/menu/unicorn')).body).toMatchObject({ code: 'MENU_ITEM_NOT_FOUND' });
    expect((await call('GET', '/cafes/cafe-081/stock')).body).toMatchObject({ code: 'CAFE_NOT_FOUND' });
  });
});

describe('a delivery', () => {
  test('is put on the shelves', async () => {
    const items = [{ sku: plenty, quantity: 12 }];
    const { status, body } = await call('POST', '/cafes/cafe-010/stock', { items }, staff);
    expect(status).toBe(200);
    expect(body.items.find(({ sku }: { sku: string }) => sku === plenty).available).toBe(1_012);
  });

  test('is refused as a whole when a part of it is not on the menu', async () => {
    const items = [
      { sku: plenty, quantity: 1 },
      { sku: 'unicorn', quantity: 1 },
    ];
    const { status, body } = await call('POST', '/cafes/cafe-011/stock', { items }, staff);
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      { in: 'body', field: 'items.1.sku', message: 'unicorn is not on the menu' },
    ]);
    expect(await available('cafe-011', plenty)).toBe(1_000);
  });
});

describe('a delivery with an Idempotency-Key', () => {
  const deliver = (cafeId: string, quantity: number, key: string) =>
    call(
      'POST',
      `/cafes/${cafeId}/stock`,
      { items: [{ sku: plenty, quantity }] },
      { ...staff, 'idempotency-key': key },
    );

  test('is put on the shelves once, however often it comes', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => deliver('cafe-012', 7, 'truck-1')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await deliver('cafe-012', 7, 'truck-1')).toMatchObject({ status: 200 });
    expect(await available('cafe-012', plenty)).toBe(1_007);
    // Another cafe's keys are its own.
    expect(await deliver('cafe-013', 8, 'truck-1')).toMatchObject({ status: 200 });
    expect(await available('cafe-013', plenty)).toBe(1_008);
  });

  test('is refused when the key was used for another one, and leaves the key free when it is refused itself', async () => {
    await deliver('cafe-014', 1, 'truck-2');
    expect(await deliver('cafe-014', 2, 'truck-2')).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    const unknown = { items: [{ sku: 'unicorn', quantity: 1 }] };
    const headers = { ...staff, 'idempotency-key': 'truck-3' };
    expect((await call('POST', '/cafes/cafe-014/stock', unknown, headers)).status).toBe(422);
    expect(await deliver('cafe-014', 3, 'truck-3')).toMatchObject({ status: 200 });
    expect(await available('cafe-014', plenty)).toBe(1_004);
  });
});

test('an item that is put on the menu again gets nothing of what was reserved before', async () => {
  const item = {
    name: 'Affogato',
    category: 'drink',
    price: { amount: 450, currency: 'EUR' },
    preparationSeconds: 60,
    par: 10,
  };
  await call('PUT', '/menu/affogato', item, staff);
  const orderId = await order('cafe-015', ['affogato', 4]);
  await until(() => eventOf(orderId, StockReserved), { what: 'StockReserved' });
  await call('DELETE', '/menu/affogato', undefined, staff);
  await call('PUT', '/menu/affogato', item, staff);
  await cancel(orderId);
  const { data } = await until(() => eventOf(orderId, StockReleased), { what: 'StockReleased' });
  expect(data).toMatchObject({ items: [{ sku: 'affogato', quantity: 4, remaining: null }] });
  expect(await available('cafe-015', 'affogato')).toBe(10);
  await call('DELETE', '/menu/affogato', undefined, staff);
});

describe('an order', () => {
  test('has its stock reserved, caused by the order and in its trace', async () => {
    const orderId = await order('cafe-020', [plenty, 2], [scarce, 1]);
    const event = await until(() => eventOf(orderId, StockReserved), { what: 'StockReserved' });
    expect(event.data).toMatchObject({
      cafeId: 'cafe-020',
      items: [
        { sku: plenty, quantity: 2, remaining: 998 },
        { sku: scarce, quantity: 1, remaining: 4 },
      ],
    });
    expect(event.correlationId).toBe(orderId);
    expect(event.causationId).toBe(eventOf(orderId, OrderPlaced)?.id);
    expect(await available('cafe-020', plenty)).toBe(998);
  });

  test('is rejected with what is missing, and takes nothing', async () => {
    const orderId = await order('cafe-021', [plenty, 1], [scarce, 6]);
    const event = await until(() => eventOf(orderId, StockRejected), { what: 'StockRejected' });
    expect(event.data).toMatchObject({ missing: [{ sku: scarce, requested: 6, available: 5 }] });
    expect(await available('cafe-021', plenty)).toBe(1_000);
  });

  test('that is cancelled gives back what it had, once', async () => {
    const orderId = await order('cafe-022', [scarce, 5]);
    await until(() => eventOf(orderId, StockReserved), { what: 'StockReserved' });
    await cancel(orderId);
    const event = await until(() => eventOf(orderId, StockReleased), { what: 'StockReleased' });
    expect(event.data).toMatchObject({
      cafeId: 'cafe-022',
      items: [{ sku: scarce, quantity: 5, remaining: 5 }],
    });
    await handled(await cancel(orderId));
    expect(await available('cafe-022', scarce)).toBe(5);
  });

  test('that was rejected has nothing to give back', async () => {
    const orderId = await order('cafe-023', [scarce, 99]);
    await until(() => eventOf(orderId, StockRejected), { what: 'StockRejected' });
    await handled(await cancel(orderId));
    expect(await available('cafe-023', scarce)).toBe(5);
  });

  test('of many at once for the last five gets one or nothing', async () => {
    const orderIds = await Promise.all(Array.from({ length: 20 }, () => order('cafe-024', [scarce, 1])));
    const answers = await until(
      () => {
        const found = orderIds.flatMap((id) =>
          bus.eventsOf(id).filter(({ type }) => type === StockReserved || type === StockRejected),
        );
        return found.length === 20 && found;
      },
      { what: '20 answers' },
    );
    expect(answers.filter(({ type }) => type === StockReserved)).toHaveLength(5);
    expect(await available('cafe-024', scarce)).toBe(0);
  });
});
