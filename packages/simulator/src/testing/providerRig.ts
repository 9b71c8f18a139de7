import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createApp } from '../app.ts';
import { readSimulatorConfig } from '../config.ts';
import { createShopDouble } from './shopDouble.ts';

export type ProviderRig = Awaited<ReturnType<typeof createProviderRig>>;

export const SECRET = 'whsec_test';
export const amount = { amount: 1_240, currency: 'EUR' };

/** How a provider behaves that does nothing wrong. */
export const good = {
  declineRate: 0,
  lateRate: 0,
  duplicateRate: 0,
  outOfOrderRate: 0,
  silentRate: 0,
  delayMs: 1,
  lateMs: 3_600_000,
};

/** The payment provider, on a database of a test file's own, between those who pay and a shop that hears its webhooks. */
export async function createProviderRig() {
  const resources = new AsyncDisposableStack();
  const database = resources.use(await createTestDatabase(infrastructure().postgresUrl));
  const shop = resources.use(
    await createShopDouble(async ({ body }) => {
      await rig.shopDelays(body);
      return { status: rig.shopAnswers };
    }),
  );

  async function start(): Promise<Service> {
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

  const webhooksOf = (orderId: string) =>
    shop.received
      .filter(({ path, body }) => path === '/payments/webhook' && body.includes(orderId))
      .map(({ body, headers }) => ({
        ...JSON.parse(body),
        raw: body,
        signature: headers['brew-signature'],
      }));

  const rig = {
    /** Of the database. */
    url: database.url,
    shopAnswers: 200,
    /** What the shop waits for before it answers a webhook with this body. */
    shopDelays: (_body: string): Promise<void> | undefined => undefined,

    /** A request to the provider, with the key of its API. */
    call,
    behave: (behaviour: object) => call('PUT', '/behaviour', behaviour),
    pay: (orderId: string, key: string = randomUUID()) =>
      call('POST', '/payments', { orderId, amount }, { 'idempotency-key': key }),
    refund: (paymentId: unknown, key: string = randomUUID()) =>
      call('POST', '/refunds', { paymentId, amount }, { 'idempotency-key': key }),
    settled: (orderId: string) =>
      until(
        async () => {
          const { body } = await call('GET', `/payments?orderId=${orderId}`);
          const [payment] = body.payments as { status: string }[];
          return payment?.status !== 'pending' && payment;
        },
        { what: 'a settled payment' },
      ),
    /** The webhooks that the shop got about an order. */
    webhooksOf,
    told: (orderId: string, count = 1) =>
      until(() => webhooksOf(orderId).length >= count && webhooksOf(orderId), {
        what: `${count} webhooks of ${orderId}`,
      }),
    metrics: async () => (await fetch(`${provider.url}/metrics`)).text(),

    /** Everybody does what is right again. */
    async mend(): Promise<void> {
      rig.shopAnswers = 200;
      await rig.behave(good);
    },
    stopProvider: () => provider.stop(),
    async startProvider(): Promise<void> {
      provider = await start();
    },
    stop: () => resources.disposeAsync(),
  };
  let provider = await start();
  resources.defer(() => provider.stop());
  return rig;
}
