import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Brew, startBrew } from './brew.ts';

const brokers = ['kafka-1', 'kafka-2', 'kafka-3'] as const;
const services = ['order', 'catalog', 'kitchen', 'courier', 'analytics'] as const;

/** A cafe for each outage, so that its stock and its sales are those of the outage's orders. */
const orderAt = (cafeId: string) => ({ cafeId, items: [{ sku: 'latte', quantity: 1 }] });

let brew: Brew;

beforeAll(async () => {
  // What is unpaid for too long is cancelled, also when that is because of an outage; not in these tests.
  brew = await startBrew({ env: { PAYMENT_TIMEOUT_SECONDS: '300' } });
  await brew.behave({});
});
afterAll(() => brew?.stop());

/** Each of them once: delivered, its events seen, out of the stock and counted as a sale a single time. */
async function areDelivered(cafeId: string, orderIds: string[], stockBefore: number) {
  expect(new Set(orderIds).size).toBe(orderIds.length);
  for (const orderId of orderIds) {
    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'delivered', payment: 'received' });
  }
  await brew.until('analytics has counted them', async () => {
    return (await brew.sales(cafeId)).orders >= orderIds.length;
  });
  expect((await brew.sales(cafeId)).orders).toBe(orderIds.length);
  expect(await brew.stock(cafeId, 'latte')).toBe(stockBefore - orderIds.length);
}

const areWell = () =>
  brew.until('all services are ready', async () => {
    const answers = await Promise.all(services.map((name) => brew.health(name)));
    return answers.every(({ body }) => body.status === 'ready');
  });

/** As a deployment does it. */
async function restartOrderService() {
  await brew.system.kill('order', 'SIGTERM');
  await brew.system.start('order');
}

describe('while one broker of three is away', () => {
  test('orders are placed and delivered, also by an order service that starts meanwhile', async () => {
    const cafeId = 'cafe-011';
    const stock = await brew.stock(cafeId, 'latte');
    await brew.system.kill('kafka-1');
    const orderIds = [(await brew.place(orderAt(cafeId))).orderId];
    await restartOrderService();
    await brew.until('the order service has its menu', async () => {
      const { status, body } = await brew.tryToPlace(orderAt(cafeId));
      if (status === 201) orderIds.push(body.orderId);
      return status === 201;
    });
    await areDelivered(cafeId, orderIds, stock);
  });
});

describe('while no broker is there', () => {
  const cafeId = 'cafe-012';
  const orderIds: string[] = [];
  let stock: number;

  test('orders are still accepted, and the health is degraded', async () => {
    await areWell();
    stock = await brew.stock(cafeId, 'latte');
    for (let i = 0; i < 5; i++) orderIds.push((await brew.place(orderAt(cafeId))).orderId);
    await Promise.all(['kafka-2', 'kafka-3'].map((name) => brew.system.kill(name))); // kafka-1 is gone already
    for (let i = 0; i < 5; i++) orderIds.push((await brew.place(orderAt(cafeId))).orderId);
    await brew.until('the order service to say so', async () => {
      const { status, body } = await brew.health('order');
      return status === 200 && body.status === 'degraded' && body.dependencies.kafka.up === false;
    });
    expect((await brew.order(orderIds.at(-1) ?? '')).status).toBe('placed');
  });

  test('an order service that starts answers what it can, and says what it can not', async () => {
    await restartOrderService();
    expect(await brew.health('order')).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        state: 'running',
        dependencies: { postgres: { up: true }, kafka: { up: false }, menu: { up: false } },
      },
    });
    expect(await brew.order(orderIds.at(-1) ?? '')).toMatchObject({ status: 'placed' });
    expect(await brew.tryToPlace(orderAt(cafeId))).toMatchObject({
      status: 503,
      body: { code: 'MENU_NOT_READY' },
    });
  });

  test('nothing is lost: when the brokers are back, every order is delivered once', async () => {
    await Promise.all(brokers.map((name) => brew.system.start(name)));
    await areWell();
    orderIds.push((await brew.place(orderAt(cafeId))).orderId);
    await areDelivered(cafeId, orderIds, stock);
  });
});

describe('while PostgreSQL is away', () => {
  test('orders are refused as a whole; what was accepted before, or is tried again after, is delivered once', async () => {
    const cafeId = 'cafe-013';
    const stock = await brew.stock(cafeId, 'latte');
    const orderIds: string[] = [];
    for (let i = 0; i < 5; i++) orderIds.push((await brew.place(orderAt(cafeId))).orderId);
    const key = crypto.randomUUID();

    await brew.system.kill('postgres');
    expect(await brew.tryToPlace(orderAt(cafeId), key)).toMatchObject({
      status: 503,
      body: { code: 'UNAVAILABLE' },
    });
    expect(await brew.health('order')).toMatchObject({ status: 503, body: { status: 'not_ready' } });
    await brew.system.start('postgres');

    await brew.until('the refused order is accepted', async () => {
      const { status, body } = await brew.tryToPlace(orderAt(cafeId), key);
      if (status === 201) orderIds.push(body.orderId);
      return status === 201;
    });
    await areDelivered(cafeId, orderIds, stock);
    await areWell();
  });
});

describe('while the schema registry is away', () => {
  test('orders go on: every service has the schemas that it needs', async () => {
    const cafeId = 'cafe-014';
    const stock = await brew.stock(cafeId, 'latte');
    await brew.system.kill('registry');
    const { orderId } = await brew.place(orderAt(cafeId));
    await areDelivered(cafeId, [orderId], stock);
  });
});
