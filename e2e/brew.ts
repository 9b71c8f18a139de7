import { eventTypeOf, topics } from '@brew/events';
import { createFollower, createKafkaClient } from '@brew/kafka';
import { controlRun, defaultPspApiKey, type ProcessControl } from '@brew/sandbox';
import { runningSystem, until } from '@brew/sandbox/testing';
import { untilWhole } from '@brew/sandbox/testing/untilWhole';
import { pino } from 'pino';
import { runIn } from './cli.ts';

interface Line {
  sku: string;
  quantity: number;
}

interface Order {
  orderId: string;
  status: string;
  payment: string;
  total: { amount: number; currency: string };
  /** Of each step that it has reached. */
  times: Partial<Record<'placed' | 'paid' | 'preparing' | 'ready' | 'on_the_way' | 'delivered', string>>;
}

/** An event as the onlooker sees it. */
interface Seen {
  name: string;
  topic: string;
  id: string | undefined;
  /** The id of the event that it follows from. */
  causeId: string | undefined;
}

/** The running system, and what tests do with it: as customers over HTTP, as onlookers over the topics, and as what goes wrong. */
export type Brew = Awaited<ReturnType<typeof attachBrew>>;

/** A payment provider that takes every customer's money, at once and once. */
export const wellBehaved = {
  declineRate: 0,
  lateRate: 0,
  duplicateRate: 0,
  outOfOrderRate: 0,
  silentRate: 0,
  delayMs: 20,
};

/** Attaches to the system that this project's tests run on. */
export async function attachBrew() {
  const dir = runningSystem();
  const { ports } = await runIn(dir);
  const url = (name: keyof typeof ports.services) => `http://127.0.0.1:${ports.services[name]}`;
  const brokers = ports.external.map((port) => `127.0.0.1:${port}`);
  const log = pino({ level: 'silent' });
  const client = createKafkaClient({ brokers, clientId: 'e2e', log });
  /** As long as it is open, nobody else ends and starts processes, drills included. */
  let control: ProcessControl | undefined;
  /** What was ended and not started again. */
  const missing = new Set<string>();
  const controlled = async () => {
    control ??= await controlRun(dir);
    return control;
  };

  const events = new Map<string, Seen[]>();
  const onlooker = createFollower({
    client,
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
    /** Where it is, for `brewIn`. */
    dir,
    ports,
    url,
    brokers,
    registryUrl: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,

    /** Ends one of its processes; resolves when it is gone. What does not run when a test file ends is started again. */
    async kill(name: string, signal: NodeJS.Signals = 'SIGKILL') {
      await (await controlled()).kill(name, signal);
      missing.add(name);
    },
    /** Starts processes again, all at once; resolves when they are ready. */
    async start(...names: string[]) {
      await (await controlled()).start(...names);
      for (const name of names) missing.delete(name);
    },

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

    /** Until it has come so far, or further: it may go on at once. */
    untilReached: (orderId: string, step: keyof Order['times']) =>
      brew.until(
        `order ${orderId} is ${step}`,
        async () => (await brew.order(orderId)).times[step] !== undefined,
      ),
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

    /** Somebody pays for an order whom nobody has asked to: it succeeds, and is told like every payment. */
    async payUnasked({ orderId, total }: Pick<Order, 'orderId' | 'total'>) {
      await brew.behave({});
      const { status, body } = await request(`${url('simulator')}/payments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${defaultPspApiKey}`, 'idempotency-key': crypto.randomUUID() },
        json: { orderId, amount: total },
      });
      if (status !== 202) throw new Error(`POST /payments answered ${status}: ${JSON.stringify(body)}`);
    },
    paymentsOf: async (orderId: string): Promise<{ status: string; refunded: number }[]> =>
      (await request(`${url('simulator')}/payments?orderId=${orderId}`)).body.payments,

    /** Of how many orders there is an event of this name. */
    ordersWith: (name: string) =>
      [...events.values()].filter((seen) => seen.some((event) => event.name === name)).length,

    /** Leaves it as it was found. */
    async detach() {
      await onlooker.stop();
      // Whoever comes next may take hold of the processes only when nothing is being started any more.
      if (missing.size > 0) await brew.start(...missing);
      await control?.[Symbol.asyncDispose]();
      control = undefined;
      await brew.behave({});
      await untilWhole(dir);
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
    signal: AbortSignal.timeout(60_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are as the services' OpenAPI documents say, and asserted by the journeys
  const body: any = await response.json();
  return { status: response.status, body };
}
