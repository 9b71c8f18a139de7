import { BrewError, CourierAssigned, type EventType, OrderDelivered, OrderReady } from '@brew/events';
import { listStuckItems, retryStuckItems } from '@brew/postgres';
import { infrastructure, until } from '@brew/sandbox/testing';
import { createWaker, type Part, type ServiceContext } from '@brew/service';
import { createTestBench, orderNamed, type TestBench } from '@brew/service/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type CourierConfig, readCourierConfig } from '../config.ts';
import { listCouriers } from '../store/couriers.ts';
import { look } from '../store/dispatch.ts';
import { addShipments } from '../store/shipments.ts';
import { createDispatcher } from './dispatcher.ts';

const [poison, second, third] = ['poison', 'second', 'third'].map(orderNamed) as [string, string, string];

let bench: TestBench<CourierConfig>;
let dispatcher: Part;
/** What `poison` cannot tell of. */
let refused: EventType<never> | undefined;

beforeEach(async () => {
  bench = await createTestBench({
    name: 'courier',
    migrations: new URL('../store/migrations/', import.meta.url),
    events: [OrderReady, CourierAssigned, OrderDelivered],
    infrastructure: infrastructure(),
    readConfig: readCourierConfig,
  });
});
afterEach(async () => {
  await dispatcher?.stop();
  await bench?.stop();
});

async function start(speed: number): Promise<void> {
  const { context } = bench;
  const transact: ServiceContext['transact'] = (cause, fn) =>
    context.transact(cause, (work) =>
      fn({
        ...work,
        emit(type, data, because) {
          if (type === refused && JSON.stringify(data).includes(poison))
            throw new BrewError('BREW_EVENT_INVALID', 'Too large.');
          return work.emit(type, data, because);
        },
      }),
    );
  const config = { ...context.config, SPEED: speed, DELIVERY_SECONDS: 60, COURIERS: 1 };
  dispatcher = createDispatcher({ ...context, config, transact }, createWaker());
  await dispatcher.start(new AbortController().signal, context.log);
}

async function ordersOf(type: EventType<never>): Promise<string[]> {
  return (await bench.emitted())
    .filter((event) => event.type === type)
    .map(({ correlationId }) => correlationId ?? '');
}

it.each([
  ['can not be delivered', OrderDelivered, 600],
  ['can not be sent', CourierAssigned, 600],
  ['can not be delivered, at no time', OrderDelivered, 0],
])('brings all other orders when one %s, and that one once it is mended', async (_title, type, speed) => {
  refused = type as EventType<never>;
  await addShipments(
    bench.context.db,
    [poison, second, third].map((orderId, index) => ({
      orderId,
      cafeId: 'cafe-001',
      readyAt: new Date(Date.now() + index),
      causationId: '',
      traceparent: undefined,
    })),
  );
  await start(speed);
  await until(async () => (await ordersOf(OrderDelivered)).length === 2, {
    what: 'the only courier to bring the others',
  });
  expect((await ordersOf(OrderDelivered)).sort()).toEqual([second, third].sort());
  const { db } = bench.context;
  await until(async () => (await listStuckItems(db)).length === 1);
  expect(await listStuckItems(db)).toMatchObject([{ worker: 'dispatcher', item: poison, attempts: 1 }]);
  expect(await dispatcher.health?.()).toEqual({ up: true, detail: '1 set aside', needsStaff: true });
  expect(await look(db)).toEqual({ dueInMs: null, assignable: false });

  refused = undefined;
  await retryStuckItems(db, 'dispatcher');
  await until(async () => (await ordersOf(OrderDelivered)).includes(poison), {
    what: 'the one that was mended',
  });
  expect(await listCouriers(db)).toMatchObject([{ state: 'free', orderId: null, deliveries: 3 }]);
  await until(async () => (await db.query('select from stuck_items')).rowCount === 0);
});
