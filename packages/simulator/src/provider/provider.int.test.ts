import { createHmac, randomUUID } from 'node:crypto';
import { createDatabase } from '@brew/postgres';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createApp } from '../app.ts';
import { readSimulatorConfig } from '../config.ts';
import { createShopDouble, type ShopDouble } from '../testing/shopDouble.ts';
import { TIMEOUT_MS } from './sendWebhooks.ts';

const SECRET = 'whsec_test';
const amount = { amount: 1_240, currency: 'EUR' };

let database: TestDatabase;
let shop: ShopDouble;
let provider: Service;
let shopAnswers = 200;
/** What the shop waits for before it answers a webhook with this body. */
let shopDelays: (body: string) => Promise<void> | undefined = () => undefined;

beforeAll(async () => {
  database = await createTestDatabase(infrastructure().postgresUrl);
  shop = await createShopDouble(async ({ body }) => {
    await shopDelays(body);
    return { status: shopAnswers };
  });
  provider = await startProvider();
});
afterAll(async () => {
  await provider?.stop();
  await shop?.[Symbol.asyncDispose]();
  await database?.drop();
});
afterEach(async () => {
  shopAnswers = 200;
  await call('PUT', '/behaviour', good);
});

const good = {
  declineRate: 0,
  lateRate: 0,
  duplicateRate: 0,
  outOfOrderRate: 0,
  silentRate: 0,
  delayMs: 1,
  lateMs: 3_600_000,
};

async function startProvider(): Promise<Service> {
  const service = createApp(
    readSimulatorConfig({
      PORT: '0',
      DATABASE_URL: database.url,
      LOG_LEVEL: 'silent',
      ORDER_URL: shop.url,
      CATALOG_URL: shop.url,
      STAFF_TOKEN: 'staff',
      RATE: '0',
      WEBHOOK_URL: `${shop.url}/payments/webhook`,
      WEBHOOK_SECRET: SECRET,
      PSP_API_KEY: 'key',
      DELAY_MS: '1',
      ...Object.fromEntries(
        ['DECLINE', 'LATE', 'DUPLICATE', 'OUT_OF_ORDER', 'SILENT'].map((rate) => [`${rate}_RATE`, '0']),
      ),
    }),
  );
  await service.start();
  return service;
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${provider.url}${path}`, {
    method,
    headers: {
      authorization: 'Bearer key',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const pay = (orderId: string, key = randomUUID()) =>
  call('POST', '/payments', { orderId, amount }, { 'idempotency-key': key });

const refund = (paymentId: unknown, key = randomUUID(), money = amount) =>
  call('POST', '/refunds', { paymentId, amount: money }, { 'idempotency-key': key });

const webhooksOf = (orderId: string) =>
  shop.received
    .filter(({ path, body }) => path === '/payments/webhook' && body.includes(orderId))
    .map(({ body, headers }) => ({ ...JSON.parse(body), raw: body, signature: headers['brew-signature'] }));

const told = (orderId: string, count = 1) =>
  until(() => webhooksOf(orderId).length >= count && webhooksOf(orderId), {
    what: `${count} webhooks of ${orderId}`,
  });

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${provider.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

const settled = (orderId: string) =>
  until(
    async () => {
      const { body } = await call('GET', `/payments?orderId=${orderId}`);
      const [payment] = body.payments as { status: string }[];
      return payment?.status !== 'pending' && payment;
    },
    { what: 'a settled payment' },
  );

describe('payments', () => {
  it('are answered at once and told by a signed webhook', async () => {
    const orderId = randomUUID();
    const answer = await pay(orderId);
    expect(answer).toEqual({
      status: 202,
      body: { paymentId: expect.stringMatching(/^pay_/), status: 'pending' },
    });

    const [webhook] = await told(orderId);
    expect(webhook).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      type: 'payment.succeeded',
      data: { paymentId: answer.body.paymentId, orderId, amount },
    });
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(webhook?.signature) ?? [];
    expect(digest).toBe(createHmac('sha256', SECRET).update(`${seconds}.${webhook?.raw}`).digest('hex'));
    expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(60);
  });

  it('that are asked for twice with the same key are one', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    const answers = await Promise.all([pay(orderId, key), pay(orderId, key), pay(orderId, key)]);
    expect(new Set(answers.map(({ body }) => body.paymentId)).size).toBe(1);
    const { body } = await call('GET', `/payments?orderId=${orderId}`);
    expect(body.payments).toHaveLength(1);
  });

  it('are refused for a key that was used for another order', async () => {
    const key = randomUUID();
    await pay(randomUUID(), key);
    expect(await pay(randomUUID(), key)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('that come at the same time are stored together, and each is answered as if it had come alone', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    const others = Array.from({ length: 30 }, () => randomUUID());
    const [first, again, different, ...rest] = await Promise.all([
      pay(orderId, key),
      pay(orderId, key),
      pay(randomUUID(), key),
      ...others.map((other) => pay(other)),
    ]);
    // Whichever came first was stored; the one for another order is one of two that don't agree.
    const statuses = [first, again, different].map(({ status }) => status);
    expect([
      [202, 202, 422],
      [422, 422, 202],
    ]).toContainEqual(statuses);
    expect(again?.body.paymentId).toBe(first?.body.paymentId);
    expect(rest.map(({ status }) => status)).toEqual(others.map(() => 202));
    expect(new Set(rest.map(({ body }) => body.paymentId)).size).toBe(others.length);
    for (const other of others) await told(other);
  });

  it('are refused without the key of the API', async () => {
    const headers = { 'idempotency-key': randomUUID(), authorization: 'Bearer guess' };
    const answer = await call('POST', '/payments', { orderId: randomUUID(), amount }, headers);
    expect(answer).toMatchObject({ status: 401, body: { code: 'API_KEY_INVALID' } });
  });
});

describe('payments that are called off', () => {
  const callOff = async (orderId: string, key: string) => {
    const answer = await call('POST', '/payments/cancel', { orderId, amount }, { 'idempotency-key': key });
    expect(answer.status).toBe(200);
    return (answer.body.payments as { status: string; amount: object }[]).map(({ status }) => status);
  };
  const webhooksWaiting = async (orderId: string) => {
    const db = createDatabase({
      url: database.url,
      applicationName: 'provider-test',
      log: pino({ level: 'silent' }),
    });
    const { rowCount } = await db.query('select from webhooks where body like $1', [`%${orderId}%`]);
    await db.stop();
    return rowCount;
  };

  it.each([
    ['takes its time', { lateRate: 1 }],
    ['is stuck', { silentRate: 1 }],
  ])('take no money and tell nothing, when one %s', async (_title, behaviour) => {
    await call('PUT', '/behaviour', behaviour);
    const [orderId, key] = [randomUUID(), randomUUID()];
    await pay(orderId, key);
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
    expect(await webhooksWaiting(orderId)).toBe(0);
  });

  it('keep their money when they have succeeded, and their reason when they have failed', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    await pay(orderId, key);
    await settled(orderId);
    expect(await callOff(orderId, key)).toEqual(['succeeded']);

    await call('PUT', '/behaviour', { declineRate: 1 });
    const [declined, otherKey] = [randomUUID(), randomUUID()];
    await pay(declined, otherKey);
    expect(await settled(declined)).toMatchObject({ status: 'failed', reason: expect.any(String) });
    expect(await callOff(declined, otherKey)).toEqual(['failed']);
  });

  it('are so, too, when their request comes later, or at the same time', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
    expect((await pay(orderId, key)).status).toBe(202);
    expect(await settled(orderId)).toMatchObject({ status: 'cancelled' });
    expect(await webhooksWaiting(orderId)).toBe(0);

    await call('PUT', '/behaviour', { lateRate: 1 });
    const orders = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(orders.flatMap((order) => [pay(order, order), callOff(order, order)]));
    for (const order of orders) expect(await settled(order)).toMatchObject({ status: 'cancelled' });
  });

  it('are those of the order alone, and only with the key of the API', async () => {
    await call('PUT', '/behaviour', { lateRate: 1 });
    const [orderId, key] = [randomUUID(), randomUUID()];
    await pay(orderId, key);
    expect(await callOff(randomUUID(), key)).toEqual([]);
    const { body } = await call('GET', `/payments?orderId=${orderId}`);
    expect(body.payments).toMatchObject([{ status: 'pending' }]);
    const guess = { 'idempotency-key': key, authorization: 'Bearer guess' };
    expect((await call('POST', '/payments/cancel', { orderId, amount }, guess)).status).toBe(401);
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
  });
});

describe('webhooks', () => {
  it('are sent again until the shop takes them', async () => {
    shopAnswers = 503;
    const orderId = randomUUID();
    await pay(orderId);
    await told(orderId);
    shopAnswers = 200;
    const [first, second] = await told(orderId, 2);
    expect(second?.raw).toBe(first?.raw);
  });

  it('come twice, with the same id, when the provider is told to', async () => {
    await call('PUT', '/behaviour', { duplicateRate: 1 });
    const orderId = randomUUID();
    await pay(orderId);
    const webhooks = await told(orderId, 2);
    expect(new Set(webhooks.map(({ id }) => id)).size).toBe(1);
  });

  it('come out of order when the provider is told to', async () => {
    await call('PUT', '/behaviour', { outOfOrderRate: 1 });
    const orderId = randomUUID();
    await pay(orderId);
    const webhooks = await told(orderId, 2);
    expect(webhooks.map(({ type }) => type)).toEqual(['payment.succeeded', 'payment.processing']);
  });

  it('tell of a declined payment with its reason', async () => {
    await call('PUT', '/behaviour', { declineRate: 1 });
    const orderId = randomUUID();
    await pay(orderId);
    expect((await told(orderId))[0]).toMatchObject({
      type: 'payment.failed',
      data: { reason: expect.any(String) },
    });
  });

  it('do not wait for one that takes long, which is not sent again meanwhile', async () => {
    const slow = randomUUID();
    const answer = Promise.withResolvers<void>();
    shopDelays = (body) => (body.includes(slow) ? answer.promise : undefined);
    const begun = performance.now();
    await pay(slow);
    await told(slow);
    const others = Array.from({ length: 150 }, () => randomUUID());
    await Promise.all(others.map((orderId) => pay(orderId)));
    for (const orderId of others) await told(orderId);
    // The provider gives up after a while, and sends it again then; a machine may be slow enough for that.
    const sends = () => 1 + Math.floor((performance.now() - begun) / TIMEOUT_MS);
    expect(webhooksOf(slow).length).toBeLessThanOrEqual(sends());
    answer.resolve();
    shopDelays = () => undefined;
    await until(async () => (await metric('brew_webhooks_pending')) === 0, { what: 'nothing to be pending' });
    expect(webhooksOf(slow).length).toBeLessThanOrEqual(sends());
  });

  it('under way are waited for when the provider stops', async () => {
    const orderId = randomUUID();
    const answer = Promise.withResolvers<void>();
    shopDelays = (body) => (body.includes(orderId) ? answer.promise : undefined);
    await pay(orderId);
    await told(orderId);
    const stopped = provider.stop();
    answer.resolve();
    await stopped;
    shopDelays = () => undefined;
    provider = await startProvider();
    expect(await metric('brew_webhooks_pending')).toBe(0);
  });

  it('that were not taken before a restart are sent after it', async () => {
    shopAnswers = 503;
    const orderId = randomUUID();
    await pay(orderId);
    await told(orderId);
    await provider.stop();
    const before = webhooksOf(orderId).length;
    shopAnswers = 200;
    provider = await startProvider();
    expect((await told(orderId, before + 1)).length).toBeGreaterThan(before);
  });
});

describe('refunds', () => {
  it('that are asked for twice with the same key are one', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    const { body } = await pay(orderId);
    await settled(orderId);
    const answers = await Promise.all([refund(body.paymentId, key), refund(body.paymentId, key)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(answers.map((answer) => answer.body.refundId)).size).toBe(1);
    expect(await settled(orderId)).toMatchObject({ refunded: amount.amount });
  });

  it('never give back more than was taken, however many ask at once', async () => {
    const orderId = randomUUID();
    const { body } = await pay(orderId);
    await settled(orderId);
    const answers = await Promise.all(Array.from({ length: 5 }, () => refund(body.paymentId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect(await settled(orderId)).toMatchObject({ refunded: amount.amount });
  });

  it('are refused while nothing was taken', async () => {
    await call('PUT', '/behaviour', { silentRate: 1 });
    const { body } = await pay(randomUUID());
    expect(await refund(body.paymentId)).toMatchObject({ status: 409, body: { code: 'PAYMENT_NOT_TAKEN' } });
  });

  it('are refused for payments that there are not', async () => {
    expect(await refund('pay_none')).toMatchObject({ status: 404, body: { code: 'PAYMENT_NOT_FOUND' } });
  });
});

describe('the process', () => {
  it('describes its API, and is degraded as long as the shop shows no menu', async () => {
    const { body } = await call('GET', '/openapi.json');
    expect(Object.keys(body.paths as object)).toEqual([
      '/payments',
      '/payments/cancel',
      '/refunds',
      '/behaviour',
    ]);
    expect(await call('GET', '/health/ready')).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        dependencies: { postgres: { up: true }, webhooks: { up: true }, customers: { up: false } },
      },
    });
  });
});

describe('the metrics', () => {
  it('count attempts and what is pending', async () => {
    await call('PUT', '/behaviour', { lateRate: 1 });
    const orderId = randomUUID();
    await pay(orderId);
    await told(orderId);
    const text = await (await fetch(`${provider.url}/metrics`)).text();
    expect(text).toMatch(/^brew_webhooks_pending [1-9]/m);
    expect(text).toMatch(/^brew_webhooks_total\{outcome="delivered"\} [1-9]/m);
  });
});

describe('the behaviour', () => {
  it('changes only where it is told to, and is shown', async () => {
    await call('PUT', '/behaviour', { lateRate: 0.5, lateMs: 10 });
    expect((await call('GET', '/behaviour')).body).toEqual({ ...good, lateRate: 0.5, lateMs: 10 });
  });

  it('is refused when it makes no sense', async () => {
    expect(await call('PUT', '/behaviour', { lateRate: 2 })).toMatchObject({ status: 400 });
    expect(await call('PUT', '/behaviour', { mood: 'bad' })).toMatchObject({ status: 400 });
  });
});
