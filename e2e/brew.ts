import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventTypeOf, topics } from '@brew/events';
import { createFollower, createKafkaClient } from '@brew/kafka';
import { freePorts, startSystem } from '@brew/sandbox';
import { until } from '@brew/sandbox/testing';
import { pino } from 'pino';

interface Line {
  sku: string;
  quantity: number;
}

interface Order {
  orderId: string;
  status: string;
  payment: string;
  total: { amount: number; currency: string };
  times: Record<'placed' | 'paid' | 'preparing' | 'ready' | 'on_the_way' | 'delivered', string>;
}

/** An event as the onlooker sees it. */
interface Seen {
  name: string;
  topic: string;
  id: string | undefined;
  /** The id of the event that it follows from. */
  causeId: string | undefined;
}

/** A whole system, and what journeys do with it: as customers over HTTP, as onlookers over the topics. */
export type Brew = Awaited<ReturnType<typeof startBrew>>;

/** A payment provider that takes every customer's money, at once and once. */
export const wellBehaved = {
  declineRate: 0,
  lateRate: 0,
  duplicateRate: 0,
  outOfOrderRate: 0,
  silentRate: 0,
  delayMs: 20,
};

/** Starts everything on free ports, in a folder of its own, with a payment provider but no customers. */
export async function startBrew({ env }: { env: Record<string, string> }) {
  const dir = await mkdtemp(join(tmpdir(), 'brew-e2e-'));
  const system = await startSystem({
    dir,
    ports: await freePorts(),
    rate: 0,
    speed: 240,
    // The truck comes on another day: it would fill the shelves on which tests count what was sold.
    env: { TRUCK_ROUND_SECONDS: '86400', ...env },
  });
  const { url } = system;

  const events = new Map<string, Seen[]>();
  const log = pino({ level: 'silent' });
  const onlooker = createFollower({
    client: createKafkaClient({ brokers: system.brokers, clientId: 'e2e', log }),
    name: 'e2e',
    topics: Object.values(topics).map(({ name }) => name),
    from: 'beginning',
    onRecords(records) {
      for (const { key, topic, headers } of records) {
        const name = eventTypeOf(headers.ce_type ?? '')?.name ?? 'unknown';
        const event = { name, topic, id: headers.ce_id, causeId: headers.ce_causationid };
        events.set(String(key), [...(events.get(String(key)) ?? []), event]);
      }
    },
    log,
  });
  await onlooker.start();

  const brew = {
    system,
    /** Where it is, for `brewIn`. */
    dir,

    /** What POST /orders answers, whatever that is. The same key again is the same order again. */
    tryToPlace(order: { cafeId: string; items: Line[] }, key: string = crypto.randomUUID()) {
      const customer = { name: 'Ada Lovelace', address: '12 Analytical Row' };
      return request(`${url('order')}/orders`, {
        method: 'POST',
        headers: { 'idempotency-key': key },
        json: { ...order, customer },
      });
    },
    async place(order: { cafeId: string; items: Line[] }): Promise<Order> {
      const { status, body } = await brew.tryToPlace(order);
      if (status !== 201) throw new Error(`POST /orders answered ${status}: ${JSON.stringify(body)}`);
      return body;
    },
    order: async (orderId: string): Promise<Order> =>
      (await request(`${url('order')}/orders/${orderId}`)).body,
    cancel: (orderId: string) => request(`${url('order')}/orders/${orderId}/cancel`, { method: 'POST' }),

    untilStatus: (orderId: string, status: string) =>
      brew.until(`order ${orderId} is ${status}`, async () => (await brew.order(orderId)).status === status),
    async untilEnded(orderId: string): Promise<Order> {
      const ended = async () => ['delivered', 'cancelled'].includes((await brew.order(orderId)).status);
      await brew.until(`order ${orderId} has ended`, ended);
      return brew.order(orderId);
    },
    until: (what: string, fact: () => Promise<boolean>) => until(fact, { what }),

    /** What a service says about itself, and the status code with it. */
    health: (name: 'order' | 'catalog' | 'kitchen' | 'courier' | 'analytics') =>
      request(`${url(name)}/health/ready`),

    /** Names of the order's events, topic by topic in their order. */
    eventsOf: async (orderId: string): Promise<string[]> =>
      (events.get(orderId) ?? []).map(({ name }) => name),
    /** The same events, with where they are and what each follows from. */
    storyOf: (orderId: string): Seen[] => events.get(orderId) ?? [],

    async stock(cafeId: string, sku: string): Promise<number> {
      const { body } = await request(`${url('catalog')}/cafes/${cafeId}/stock`);
      return body.items.find((item: { sku: string }) => item.sku === sku).available;
    },
    /** What every cafe has least of. */
    async scarceSku(): Promise<string> {
      const { body } = await request(`${url('catalog')}/cafes/cafe-001/stock`);
      return body.items.toSorted((a: { par: number }, b: { par: number }) => a.par - b.par)[0].sku;
    },
    async sales(cafeId: string): Promise<{ orders: number; amount: number }> {
      const { body } = await request(`${url('analytics')}/reports/sales?cafeId=${cafeId}`);
      const [total] = body.totals;
      return { orders: total?.orders ?? 0, amount: total?.total.amount ?? 0 };
    },

    /** How the payment provider behaves from now on; well, where nothing is said. */
    async behave(behaviour: Record<string, number>) {
      const json = { ...wellBehaved, ...behaviour };
      const { status, body } = await request(`${url('simulator')}/behaviour`, { method: 'PUT', json });
      if (status !== 200) throw new Error(`PUT /behaviour answered ${status}: ${JSON.stringify(body)}`);
    },

    async stop() {
      await onlooker.stop();
      await system.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return brew;
}

async function request(url: string, options: RequestInit & { json?: unknown } = {}) {
  const { json, headers, ...rest } = options;
  const response = await fetch(url, {
    ...rest,
    headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    signal: AbortSignal.timeout(10_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are as the services' OpenAPI documents say, and asserted by the journeys
  const body: any = await response.json();
  return { status: response.status, body };
}
