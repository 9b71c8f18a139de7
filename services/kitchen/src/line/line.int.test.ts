import { type EventType, KitchenStarted, OrderPlaced, OrderReady, PaymentReceived } from '@brew/events';
import { listStuckItems, retryStuckItems } from '@brew/postgres';
import { until } from '@brew/sandbox/testing';
import { createWaker, type Part } from '@brew/service';
import { orderNamed, type TestBench } from '@brew/service/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { KitchenConfig } from '../config.ts';
import { createHandlers } from '../consumers/handlers.ts';
import { look } from '../store/line.ts';
import { createKitchenBench, latte } from '../testing.ts';
import { createLine } from './line.ts';

const handlers = createHandlers(() => {});
const [poison, second, third] = ['poison', 'second', 'third'].map(orderNamed) as [string, string, string];

let bench: TestBench<KitchenConfig>;
let line: Part;

beforeEach(async () => {
  bench = await createKitchenBench();
});
afterEach(async () => {
  await line?.stop();
  await bench?.stop();
});

async function startLine(speed: number): Promise<void> {
  const { context } = bench;
  const config = { ...context.config, SPEED: speed, BARISTAS_PER_CAFE: 1 };
  line = createLine({ ...context, config }, { waker: createWaker(), topics: [] });
  await line.start(new AbortController().signal, context.log);
}

/** An order that is paid; what is too long to be told of in one event cannot be told of as ready. */
async function order(orderId: string, minute: number, address = 'Bean Lane 1'): Promise<void> {
  const { placed, paid } = latte(orderId, 'cafe-001', minute);
  const data = { ...placed, customer: { ...placed.customer, address: 'Bean Lane 1' } };
  await bench.deliver(handlers, OrderPlaced, data);
  await bench.deliver(handlers, PaymentReceived, paid);
  await bench.context.db.query(
    `update tickets set customer = jsonb_set(customer, '{address}', to_jsonb($2::text)) where order_id = $1`,
    [orderId, address],
  );
}

async function ordersOf(type: EventType<never>): Promise<string[]> {
  return (await bench.emitted())
    .filter((event) => event.type === type)
    .map(({ correlationId }) => correlationId ?? '');
}

it.each([
  ['fails when it is ready', 600],
  ['fails as it is started, when preparation takes no time', 0],
])(
  'goes on with all other orders when one %s, and with that one once it is mended',
  async (_title, speed) => {
    await order(poison, 0, 'x'.repeat(950_000));
    for (const [index, orderId] of [second, third].entries()) await order(orderId, index + 1);
    await startLine(speed);

    await until(async () => (await ordersOf(OrderReady)).length === 2, {
      what: 'the only barista to make the others',
    });
    expect((await ordersOf(OrderReady)).sort()).toEqual([second, third].sort());
    const { db } = bench.context;
    const stuck = await until(async () => {
      const items = await listStuckItems(db);
      return items.length > 0 && items;
    });
    expect(stuck).toMatchObject([
      {
        worker: 'line',
        item: poison,
        error: expect.stringMatching(/BREW_EVENT_INVALID.*it has \d+ bytes/),
      },
    ]);
    expect(await line.health?.()).toEqual({ up: true, detail: '1 set aside', needsStaff: true });
    expect(await look(db, 1)).toEqual({ dueInMs: null, startable: false, unopened: false });

    await db.query(
      `update tickets set customer = '{"name": "Ada", "address": "Bean Lane 1"}' where order_id = $1`,
      [poison],
    );
    await retryStuckItems(db, 'line');
    await until(async () => (await ordersOf(OrderReady)).includes(poison), {
      what: 'the one that was mended',
    });
    expect((await ordersOf(KitchenStarted)).filter((orderId) => orderId === poison)).toHaveLength(1);
    expect((await db.query('select from slots where order_id is not null')).rowCount).toBe(0);
    await until(async () => (await db.query('select from stuck_items')).rowCount === 0);
  },
);
