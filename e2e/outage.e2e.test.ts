import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachBrew, type Brew } from './brew.ts';
import { runIn } from './cli.ts';

const brokers = ['kafka-1', 'kafka-2', 'kafka-3'] as const;
const services = ['order', 'catalog', 'kitchen', 'courier', 'analytics'] as const;

/** A cafe for each outage, so that its stock and its sales are those of the outage's orders. */
const orderAt = (cafeId: string) => ({ cafeId, items: [{ sku: 'latte', quantity: 1 }] });

let brew: Brew;

beforeAll(async () => {
  brew = await attachBrew();
  await brew.behave({});
});
afterAll(() => brew?.detach());

interface Shop {
  sold: number;
  stock: number;
}
const shopAt = async (cafeId: string): Promise<Shop> => ({
  sold: (await brew.sales(cafeId)).orders,
  stock: await brew.stock(cafeId, 'latte'),
});

/** Each of them once: delivered, its events seen, out of the stock and counted as a sale a single time. */
async function areDelivered(cafeId: string, orderIds: string[], before: Shop) {
  expect(new Set(orderIds).size).toBe(orderIds.length);
  for (const orderId of orderIds) {
    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'delivered', payment: 'received' });
  }
  await brew.until('analytics has counted them', async () => {
    return (await brew.sales(cafeId)).orders >= before.sold + orderIds.length;
  });
  expect(await shopAt(cafeId)).toEqual({
    sold: before.sold + orderIds.length,
    stock: before.stock - orderIds.length,
  });
}

const areWell = () =>
  brew.until('all services are ready', async () => {
    const answers = await Promise.all(services.map((name) => brew.health(name)));
    return answers.every(({ body }) => body.status === 'ready');
  });

/** As a deployment does it. */
async function restartOrderService() {
  await brew.kill('order', 'SIGTERM');
  await brew.start('order');
}

describe('while one broker of three is away', () => {
  test('orders are placed and delivered, also by an order service that starts meanwhile', async () => {
    const cafeId = 'cafe-011';
    const before = await shopAt(cafeId);
    await brew.kill('kafka-1');
    const orderIds = [(await brew.place(orderAt(cafeId))).orderId];
    await restartOrderService();
    await brew.until('the order service has its menu', async () => {
      const { status, body } = await brew.tryToPlace(orderAt(cafeId));
      if (status === 201) orderIds.push(body.orderId);
      return status === 201;
    });
    await areDelivered(cafeId, orderIds, before);
  });
});

describe('while no broker is there', () => {
  const cafeId = 'cafe-012';
  const orderIds: string[] = [];
  let before: Shop;

  test('orders are still accepted, and the health is degraded', async () => {
    await areWell();
    before = await shopAt(cafeId);
    for (let i = 0; i < 5; i++) orderIds.push((await brew.place(orderAt(cafeId))).orderId);
    const running = (await runIn(brew.dir)).processes.map(({ name }) => name);
    for (const name of brokers) if (running.includes(name)) await brew.kill(name);
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
    await brew.start(...brokers);
    await areWell();
    orderIds.push((await brew.place(orderAt(cafeId))).orderId);
    await areDelivered(cafeId, orderIds, before);
  });
});

describe('while PostgreSQL is away', () => {
  test('orders are refused as a whole; what was accepted before, or is tried again after, is delivered once', async () => {
    const cafeId = 'cafe-013';
    const before = await shopAt(cafeId);
    const orderIds: string[] = [];
    for (let i = 0; i < 5; i++) orderIds.push((await brew.place(orderAt(cafeId))).orderId);
    const key = crypto.randomUUID();

    await brew.kill('postgres');
    expect(await brew.tryToPlace(orderAt(cafeId), key)).toMatchObject({
      status: 503,
      body: { code: 'UNAVAILABLE' },
    });
    expect(await brew.health('order')).toMatchObject({ status: 503, body: { status: 'not_ready' } });
    await brew.start('postgres');

    await brew.until('the refused order is accepted', async () => {
      const { status, body } = await brew.tryToPlace(orderAt(cafeId), key);
      if (status === 201) orderIds.push(body.orderId);
      return status === 201;
    });
    await areDelivered(cafeId, orderIds, before);
    await areWell();
  });
});

describe('while the schema registry is away', () => {
  test('orders go on: every service has the schemas that it needs', async () => {
    const cafeId = 'cafe-014';
    const before = await shopAt(cafeId);
    await brew.kill('registry');
    const { orderId } = await brew.place(orderAt(cafeId));
    await areDelivered(cafeId, [orderId], before);
  });
});
