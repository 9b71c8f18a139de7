import { createHmac } from 'node:crypto';
import {
  type Event,
  type EventType,
  KitchenStarted,
  MenuItemChanged,
  OrderPlaced,
  StockReserved,
  TicketDropped,
} from '@brew/events';
import { createDatabase, type Database } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createEventBus, type EventBus } from '@brew/service/testing';
import pino from 'pino';
import { createApp } from '../app.ts';
import { readOrderConfig } from '../config.ts';
import type { OrderView } from '../http/orderView.ts';
import { startProvider, type TestProvider } from './provider.ts';

const WEBHOOK_SECRET = 'whsec';

/** What the service answered; a test looks at whatever it expects there. */
interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
}

interface WebhookOptions {
  signature?: string;
  paymentId?: string;
  amount?: number;
  currency?: string;
}

export interface WorldOptions {
  /** Settings other than the usual ones. */
  env?: Record<string, string>;
  /** The service's clock. */
  now?: () => Date;
}

export interface World {
  readonly app: Service;
  bus: EventBus;
  db: Database;
  provider: TestProvider;
  /** On the menu, for 420 cents, under a sku that no other test uses. */
  sku: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** What a customer sends who wants one of it. */
  order: {
    cafeId: string;
    items: { sku: string; quantity: number }[];
    customer: { name: string; address: string };
  };
  /** Places that order. @returns its id */
  place(headers?: Record<string, string>): Promise<string>;
  get(orderId: string): Promise<OrderView>;
  untilOrder(orderId: string, expected: Partial<OrderView>): Promise<OrderView>;
  untilEvent<Data>(type: EventType<Data>, orderId: string): Promise<Event<Data>>;
  eventsOf(orderId: string, type: EventType<never>): Event[];
  /** Waits until the event has taken effect: its inbox row is of the same transaction. */
  handled(eventId: string): Promise<unknown>;
  reserveStock(orderId: string): Promise<string>;
  /** The kitchen begins with an order. @returns the event's id, as of the others here */
  kitchenStarts(orderId: string, startedAt?: number): Promise<string>;
  /** The kitchen does what a cancellation asks of it. */
  kitchenDrops(orderId: string): Promise<string>;
  /** Sends a webhook, signed unless `signature` is given. */
  webhook(type: string, orderId: string, options?: WebhookOptions): Promise<Answer>;
  /** An order that has been paid for. */
  paid(): Promise<string>;
  /** What is still to be asked of the provider, with in how many seconds. */
  jobsOf(orderId: string): Promise<{ kind: string; attempts: number; seconds: number }[]>;
  untilJob(orderId: string, kind: string, attempts?: number): Promise<{ attempts: number; seconds: number }>;
  /** An order whose payment was asked for, and whose provider has taken the request. */
  awaiting(): Promise<string>;
  /** Lets the time be up of an order that waits for an answer: of the stock, or of the provider. */
  makeOverdue(orderId: string): Promise<unknown>;
  /** Lets the time come at which the provider is asked for more payments. */
  makeRecheckDue(orderId: string): Promise<unknown>;
  restart(options?: Pick<WorldOptions, 'now'>): Promise<void>;
  stop(): Promise<void>;
}

/** Order-service, started on a database of its own, and everybody around it: played by the test, on the real Kafka. */
export async function startWorld({ env = {}, now }: WorldOptions = {}): Promise<World> {
  const { brokers, registryUrl, postgresUrl } = infrastructure();
  const log = pino({ level: 'silent' });
  const resources = new AsyncDisposableStack();
  const database = resources.use(await createTestDatabase(postgresUrl));
  const db = resources.use(createDatabase({ url: database.url, applicationName: 'order-test', log }));
  const provider = resources.use(await startProvider());
  const bus = resources.use(await createEventBus({ infrastructure: infrastructure(), service: 'order' }));

  const sku = uniqueName('latte');
  const item = { sku, name: 'Latte', category: 'drink', preparationSeconds: 90 } as const;
  await bus.publish(MenuItemChanged, {
    ...item,
    price: { amount: 420, currency: 'EUR' },
    changedAt: Date.now(),
  });

  const start = async (clock = now) => {
    const config = readOrderConfig({
      PORT: '0',
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      STAFF_TOKEN: 'staff-token',
      LOG_LEVEL: 'silent',
      PSP_URL: provider.url,
      PSP_API_KEY: 'psp-key',
      WEBHOOK_SECRET,
      ...env,
    });
    const started = createApp(config, clock);
    await started.start();
    return started;
  };
  let app = await start();
  resources.defer(() => app.stop());

  const dueNow = (orderId: string, kind: string) =>
    db.query('update payment_jobs set due_at = now() where order_id = $1 and kind = $2', [orderId, kind]);

  const world: World = {
    get app() {
      return app;
    },
    bus,
    db,
    provider,
    sku,
    order: {
      cafeId: 'cafe-001',
      items: [{ sku, quantity: 1 }],
      customer: { name: 'Ada', address: 'Bean Lane 1' },
    },

    async call(method, path, body, headers = {}) {
      const response = await fetch(new URL(path, app.url), {
        method,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const answer = await response.text();
      return { status: response.status, headers: response.headers, body: answer && JSON.parse(answer) };
    },
    async place(headers) {
      const { status, body } = await world.call('POST', '/orders', world.order, headers);
      if (status !== 201) throw new Error(`The order was not placed: ${JSON.stringify(body)}`);
      return body.orderId;
    },
    get: async (orderId) => (await world.call('GET', `/orders/${orderId}`)).body,
    untilOrder: (orderId, expected) =>
      until(
        async () => {
          const order = await world.get(orderId);
          const matches = Object.entries(expected).every(
            ([key, value]) => order[key as keyof OrderView] === value,
          );
          return matches && order;
        },
        { what: `order ${orderId} to be ${JSON.stringify(expected)}` },
      ),
    untilEvent: <Data>(type: EventType<Data>, orderId: string) =>
      until(
        () => bus.eventsOf(orderId).find((event) => event.type.type === type.type) as Event<Data> | undefined,
        {
          what: `${type.name} of ${orderId}`,
        },
      ),
    eventsOf: (orderId, type) => bus.eventsOf(orderId).filter((event) => event.type.type === type.type),
    handled: (eventId) =>
      until(async () => (await db.query('select from inbox where event_id = $1', [eventId])).rowCount === 1, {
        what: `event ${eventId} to be handled`,
      }),
    async reserveStock(orderId) {
      const { traceparent } = await world.untilEvent(OrderPlaced, orderId);
      const items = [{ sku, quantity: 1, remaining: 999 }];
      const reserved = { orderId, cafeId: 'cafe-001', items, reservedAt: Date.now() };
      return bus.publish(StockReserved, reserved, { ...(traceparent && { traceparent }) });
    },
    kitchenStarts(orderId, startedAt = Date.now()) {
      const expectedReadyAt = startedAt + 90_000;
      return bus.publish(KitchenStarted, {
        orderId,
        cafeId: 'cafe-001',
        slot: 1,
        startedAt,
        expectedReadyAt,
      });
    },
    kitchenDrops: (orderId) =>
      bus.publish(TicketDropped, { orderId, cafeId: 'cafe-001', droppedAt: Date.now() }),
    webhook(type, orderId, options = {}) {
      const { signature, paymentId = `pay-${orderId}`, amount = 420, currency = 'EUR' } = options;
      const body = JSON.stringify({
        id: uniqueName('evt'),
        type,
        createdAt: new Date().toISOString(),
        data: {
          paymentId,
          orderId,
          amount: { amount, currency },
          ...(type === 'payment.failed' && { reason: 'card_declined' }),
        },
        livemode: false, // a field that we do not know
      });
      return world.call('POST', '/payments/webhook', body, { 'brew-signature': signature ?? sign(body) });
    },
    async paid() {
      const orderId = await world.place();
      await world.reserveStock(orderId);
      await until(() => provider.callsAbout(orderId).length > 0, { what: 'the call to the provider' });
      await world.webhook('payment.succeeded', orderId);
      return orderId;
    },
    async jobsOf(orderId) {
      const { rows } = await db.query<{ kind: string; attempts: number; seconds: number }>(
        `select kind, attempts, extract(epoch from due_at - now())::float8 as seconds
         from payment_jobs where order_id = $1`,
        [orderId],
      );
      return rows;
    },
    untilJob: (orderId, kind, attempts = 0) =>
      until(
        async () =>
          (await world.jobsOf(orderId)).find((job) => job.kind === kind && job.attempts >= attempts),
        { what: `attempt ${attempts} at the job ${kind} of ${orderId}` },
      ),
    async awaiting() {
      const orderId = await world.place();
      await world.reserveStock(orderId);
      await world.untilJob(orderId, 'settle');
      return orderId;
    },
    async makeOverdue(orderId) {
      await db.query('update orders set payment_due_at = now() where order_id = $1', [orderId]);
      await dueNow(orderId, 'settle');
    },
    makeRecheckDue: (orderId) => dueNow(orderId, 'recheck'),
    async restart(options) {
      await app.stop();
      app = await start(options?.now);
    },
    stop: () => resources.disposeAsync(),
  };
  return world;
}

/** The Brew-Signature of a body, as the provider makes it at that time. */
export function sign(body: string, seconds = Math.floor(Date.now() / 1_000)): string {
  return `t=${seconds},v1=${createHmac('sha256', WEBHOOK_SECRET).update(`${seconds}.${body}`).digest('hex')}`;
}
