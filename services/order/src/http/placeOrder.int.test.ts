import { createHash } from 'node:crypto';
import { MenuItemChanged, OrderPlaced, topics } from '@brew/events';
import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from '../testing/startWorld.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const post = (changes: object, headers?: Record<string, string>) =>
  world.call('POST', '/orders', { ...world.order, ...changes }, headers);

describe('POST /orders', () => {
  test('places an order, and says where to look for it', async () => {
    const { status, body, headers } = await post({ items: [{ sku: world.sku, quantity: 2 }] });
    expect(status).toBe(201);
    expect(body).toEqual({
      orderId: expect.any(String),
      status: 'placed',
      total: { amount: 840, currency: 'EUR' },
    });
    expect(headers.get('location')).toBe(`/orders/${body.orderId}`);
    expect(await world.get(body.orderId)).toMatchObject({
      orderId: body.orderId,
      cafeId: 'cafe-001',
      status: 'placed',
      payment: 'none',
      items: [{ sku: world.sku, name: 'Latte', quantity: 2, unitPrice: { amount: 420, currency: 'EUR' } }],
      times: { placed: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
  });

  test('publishes OrderPlaced, in the trace of the request', async () => {
    const trace = 'c'.repeat(32);
    const orderId = await world.place({ traceparent: `00-${trace}-${'d'.repeat(16)}-01` });
    const event = await world.untilEvent(OrderPlaced, orderId);
    expect(event.data).toEqual({
      orderId,
      cafeId: 'cafe-001',
      customer: world.order.customer,
      items: [
        {
          sku: world.sku,
          name: 'Latte',
          category: 'drink',
          quantity: 1,
          unitPrice: { amount: 420, currency: 'EUR' },
          preparationSeconds: 90,
        },
      ],
      total: { amount: 420, currency: 'EUR' },
      placedAt: expect.any(Number),
      channel: 'app',
    });
    expect(event).toMatchObject({ source: '/brew/order', correlationId: orderId });
    expect(event.traceparent).toContain(trace);
  });

  test('tells where it was placed: in the app, unless said', async () => {
    const { body } = await post({ channel: 'counter' });
    expect(await world.get(body.orderId)).toMatchObject({ channel: 'counter' });
    expect((await world.untilEvent(OrderPlaced, body.orderId)).data.channel).toBe('counter');
    expect(await world.get(await world.place())).toMatchObject({ channel: 'app' });
  });

  test('names what is not sold', async () => {
    const { status, body } = await post({ cafeId: 'cafe-999', items: [{ sku: 'unicorn', quantity: 1 }] });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'ORDER_INVALID',
      errors: [
        { in: 'body', field: 'cafeId' },
        { in: 'body', field: 'items.0.sku', message: 'unicorn is not on the menu' },
      ],
    });
  });

  test.each([
    ['no items', { items: [] }, 'items'],
    ['a quantity of nothing', { items: [{ sku: 'latte', quantity: 0 }] }, 'items.0.quantity'],
    ['a hundred of one thing', { items: [{ sku: 'latte', quantity: 100 }] }, 'items.0.quantity'],
    ['too many lines', { items: Array.from({ length: 21 }, () => ({ sku: 'latte', quantity: 1 })) }, 'items'],
    ['a price of their own', { items: [{ sku: 'latte', quantity: 1, price: 1 }] }, 'items.0.price'],
    ['no address', { customer: { name: 'Ada' } }, 'customer.address'],
    ['a channel that there is not', { channel: 'pigeon' }, 'channel'],
  ])('refuses %s', async (_title, changes, field) => {
    const { status, body } = await post(changes);
    expect(status).toBe(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ field }));
  });
});

describe('an Idempotency-Key', () => {
  test('makes a repetition harmless: same answer, no second order', async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    const first = await post({}, headers);
    const second = await post({}, headers);
    expect(second).toMatchObject({ status: 201, body: first.body });
  });

  test('of many requests at once lets one place the order', async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post({}, headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map(({ body }) => body.orderId)).size).toBe(1);
    const [orderId] = answers.map(({ body }) => body.orderId);
    await world.untilEvent(OrderPlaced, orderId);
    const { rows } = await world.db.query('select from orders where order_id = $1', [orderId]);
    expect(rows).toHaveLength(1);
  });

  test('that an older release has seen, which knew of no channel, is still known', async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    const before = createHash('sha256').update(JSON.stringify(world.order)).digest();
    const { body } = await post({}, headers);
    const { rows } = await world.db.query('select fingerprint from idempotency_keys where order_id = $1', [
      body.orderId,
    ]);
    expect(rows).toEqual([{ fingerprint: before }]);
  });

  test('is not for another order', async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    await post({}, headers);
    const { status, body } = await post({ items: [{ sku: world.sku, quantity: 3 }] }, headers);
    expect(status).toBe(422);
    expect(body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test("is the customer's own: another one has the same text for another order", async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    const first = await post({}, headers);
    const other = { name: 'Grace', address: 'Compiler Street 2' };
    const second = await post({ customer: other }, headers);
    expect(second.status).toBe(201);
    expect(second.body.orderId).not.toBe(first.body.orderId);
    expect(await post({ customer: other }, headers)).toMatchObject({ body: second.body });
  });

  test('that was used for a refused order can be used for the mended one', async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    expect((await post({ cafeId: 'cafe-999' }, headers)).status).toBe(422);
    expect((await post({}, headers)).status).toBe(201);
  });

  test('that is missing makes each request an order', async () => {
    expect(await world.place()).not.toBe(await world.place());
  });
});

describe('the menu', () => {
  const publish = (sku: string, amount: number) =>
    world.bus.publish(MenuItemChanged, {
      sku,
      name: 'Special',
      category: 'food',
      price: { amount, currency: 'EUR' },
      preparationSeconds: 5,
      changedAt: Date.now(),
    });
  const priceOf = async (sku: string) => (await post({ items: [{ sku, quantity: 1 }] })).body.total?.amount;

  test('is followed as it changes, and a placed order keeps its price', async () => {
    const sku = uniqueName('special');
    await publish(sku, 300);
    await until(async () => (await priceOf(sku)) === 300, { what: 'the new item' });
    const { body } = await post({ items: [{ sku, quantity: 1 }] });
    await publish(sku, 500);
    await until(async () => (await priceOf(sku)) === 500, { what: 'the new price' });
    expect((await world.get(body.orderId)).total.amount).toBe(300);

    await world.bus.publishTombstone(topics.menu, sku);
    await until(async () => (await post({ items: [{ sku, quantity: 1 }] })).status === 422, {
      what: 'the tombstone',
    });
  });

  test('is there at once after a restart: the service is not ready before', async () => {
    await world.restart();
    expect((await post({})).status).toBe(201);
  });

  test('survives an item that nobody can read', async () => {
    const sku = uniqueName('broken');
    await world.bus.publishRaw(topics.menu, sku, Buffer.from('not Avro'));
    const next = uniqueName('special');
    await publish(next, 100);
    await until(async () => (await priceOf(next)) === 100, { what: 'what came after it' });
    await world.bus.publishTombstone(topics.menu, sku);
  });
});
