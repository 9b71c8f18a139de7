import {
  CancellationRequested,
  type Event,
  OrderCancelled,
  OrderPlaced,
  PaymentReceived,
  parseTraceparent,
  uuidv7,
} from '@brew/events';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createEventBus, type EventBus, exampleOf, type SpawnedMain, spawnMain } from '@brew/service/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createApp } from './app.ts';
import { readKitchenConfig } from './config.ts';
import type { Screen } from './http/listTickets.ts';
import { latte } from './testing.ts';

describe('the kitchen', () => {
  let database: TestDatabase;
  let bus: EventBus;

  beforeAll(async () => {
    const where = infrastructure();
    database = await createTestDatabase(where.postgresUrl);
    bus = await createEventBus({ infrastructure: where, service: 'kitchen' });
  });

  afterAll(async () => {
    await bus?.stop();
    await database?.drop();
  });

  function environment(): Record<string, string> {
    const { brokers, registryUrl } = infrastructure();
    return {
      PORT: '0',
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      STAFF_TOKEN: 'staff-token',
      LOG_LEVEL: 'silent',
    };
  }

  async function run(env: Record<string, string>): Promise<Service> {
    const app = createApp(readKitchenConfig({ ...environment(), ...env }));
    await app.start();
    return app;
  }

  const kitchenEvents = (orderId: string): Event[] =>
    bus.eventsOf(orderId).filter(({ type }) => type.topic.producer === 'kitchen');
  const namesOf = (orderId: string) => kitchenEvents(orderId).map(({ type }) => type.name);
  const isReady = (orderId: string) => namesOf(orderId).includes('OrderReady');

  async function order(cafeId: string, traceparent = '') {
    const { placed, paid } = latte(uuidv7(), cafeId);
    await bus.publish(OrderPlaced, placed, { traceparent });
    await bus.publish(PaymentReceived, paid, { traceparent });
    return placed.orderId;
  }

  it('makes orders, in the trace of the payment, and drops one that is cancelled while it waits', async () => {
    await using _app = await run({ SPEED: '60', BARISTAS_PER_CAFE: '1' });
    const cafeId = uniqueName('cafe');
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

    const made = await order(cafeId, traceparent);
    await until(() => namesOf(made).includes('KitchenStarted'), { what: 'the first order to be started' });
    const cancelled = await order(cafeId);
    await bus.publish(CancellationRequested, {
      orderId: cancelled,
      requestedAt: Date.now(),
      cafeId,
    });

    await until(() => isReady(made) && namesOf(cancelled).length > 0, { what: 'both orders to end' });
    expect(namesOf(made)).toEqual(['KitchenStarted', 'OrderReady']);
    expect(namesOf(cancelled)).toEqual(['TicketDropped']);
    const traces = kitchenEvents(made).map((event) => parseTraceparent(event.traceparent)?.traceId);
    expect(traces).toEqual(Array(2).fill(parseTraceparent(traceparent)?.traceId));
  });

  it('shows what a cafe has in hand, and after a restart goes on with it', async () => {
    const cafeId = uniqueName('cafe');
    // Ten seconds for a latte: long enough to see one while the other waits, whatever else the machine does.
    const env = { SPEED: '6', BARISTAS_PER_CAFE: '1' };
    await using first = await run(env);
    const orders = [await order(cafeId), await order(cafeId)];
    const screenOf = async (app: Service) =>
      (await (await fetch(`${app.url}/cafes/${cafeId}/tickets`)).json()) as Screen;

    const before = await until(
      async () => {
        const screen = await screenOf(first);
        return screen.preparing.length === 1 && screen.queue.length === 1 && screen;
      },
      { what: 'one order to be in preparation and one to wait' },
    );
    const item = { name: 'Latte', quantity: 1 };
    expect(before).toMatchObject({
      cafeId,
      preparing: [{ customerName: 'Ada', items: [item], slot: 1, remainingSeconds: expect.any(Number) }],
      queue: [{ customerName: 'Ada', items: [item], paidAt: '2026-01-01T08:00:00.000Z' }],
      ready: [],
    });
    expect(before.preparing[0]?.remainingSeconds).toBeLessThanOrEqual(10);
    await first.stop();

    await using second = await run(env);
    await until(() => orders.every(isReady), { what: 'both orders to be ready' });
    for (const orderId of orders) expect(namesOf(orderId)).toEqual(['KitchenStarted', 'OrderReady']);
    const after = await screenOf(second);
    expect(after.ready.map(({ orderId }) => orderId).sort()).toEqual([...orders].sort());
    expect(after).toMatchObject({ queue: [], preparing: [] });
  });

  describe('away, while an order that waits is refunded,', () => {
    let running: SpawnedMain;

    /** Ten seconds for a latte: long enough to queue two more. */
    function spawnKitchen() {
      const env = { ...environment(), LOG_LEVEL: 'info', SPEED: '6', BARISTAS_PER_CAFE: '1' };
      running = spawnMain(new URL('./main.ts', import.meta.url), env);
      return running.listening();
    }

    afterEach(async () => {
      // Also one that is frozen.
      running?.child.kill('SIGKILL');
      await running?.exited;
    });

    it.each([
      {
        how: 'stopped',
        async leave() {
          running.child.kill('SIGTERM');
          await running.exited;
        },
        comeBack: spawnKitchen,
      },
      {
        how: 'frozen',
        leave: async () => running.child.kill('SIGSTOP'),
        comeBack: async () => running.child.kill('SIGCONT'),
      },
    ])('it does not begin that one: $how', async ({ leave, comeBack }) => {
      const url = await spawnKitchen();
      const cafeId = uniqueName('cafe');
      const first = await order(cafeId);
      await until(() => namesOf(first).includes('KitchenStarted'), { what: 'the first order to be started' });
      const [refunded, last] = [await order(cafeId), await order(cafeId)];
      const screen = `${url}/cafes/${cafeId}/tickets`;
      await until(async () => ((await (await fetch(screen)).json()) as Screen).queue.length === 2);

      await leave();
      const since = performance.now();
      // The first is done by then. What is frozen has lost its partitions, and its last fetch has long been answered.
      await until(() => performance.now() - since > 16_000);
      await bus.publish(OrderCancelled, exampleOf(OrderCancelled, refunded));
      await comeBack();

      await until(() => isReady(last), { what: 'the last order to be ready' });
      expect(namesOf(refunded)).toEqual([]);
    });
  });

  it('works as two instances: each order is made once', async () => {
    const env = { SPEED: '0' };
    await using first = await run(env);
    await using second = await run(env);
    const cafeIds = [uniqueName('cafe'), uniqueName('cafe')];
    const orders = await Promise.all(
      Array.from({ length: 60 }, (_, index) => order(cafeIds[index % 2] ?? '')),
    );
    await until(() => orders.every(isReady), { what: 'all orders to be ready' });
    // What they still had to say is said.
    await Promise.all([first.stop(), second.stop()]);
    for (const orderId of orders) expect(namesOf(orderId)).toEqual(['KitchenStarted', 'OrderReady']);
  });
});
