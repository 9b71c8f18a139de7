import { type CourierAssigned, type Event, OrderReady, parseTraceparent, uuidv7 } from '@brew/events';
import { createTestDatabase, type TestDatabase } from '@brew/postgres/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import type { Service } from '@brew/service';
import { createEventBus, type EventBus } from '@brew/service/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApp } from './app.ts';
import { readCourierConfig } from './config.ts';

describe('the couriers', () => {
  let database: TestDatabase;
  let bus: EventBus;

  beforeAll(async () => {
    const where = infrastructure();
    database = await createTestDatabase(where.postgresUrl);
    bus = await createEventBus({ infrastructure: where, service: 'courier' });
  });

  afterAll(async () => {
    await bus?.stop();
    await database?.drop();
  });

  async function run(env: Record<string, string>): Promise<Service> {
    const { brokers, registryUrl } = infrastructure();
    const app = createApp(
      readCourierConfig({
        PORT: '0',
        DATABASE_URL: database.url,
        KAFKA_BROKERS: brokers.join(','),
        SCHEMA_REGISTRY_URL: registryUrl,
        STAFF_TOKEN: 'staff-token',
        LOG_LEVEL: 'silent',
        ...env,
      }),
    );
    await app.start();
    return app;
  }

  async function ready(traceparent = ''): Promise<string> {
    const orderId = uuidv7();
    const customer = { name: 'Ada', address: 'Bean Lane 1' };
    await bus.publish(
      OrderReady,
      { orderId, cafeId: 'cafe-001', customer, readyAt: Date.now() },
      { traceparent },
    );
    return orderId;
  }

  const courierEvents = (orderId: string): Event[] =>
    bus.eventsOf(orderId).filter(({ type }) => type.topic.producer === 'courier');
  const namesOf = (orderId: string) => courierEvents(orderId).map(({ type }) => type.name);
  const isDelivered = (orderId: string) => namesOf(orderId).includes('OrderDelivered');
  const get = async (app: Service, path: string) => (await fetch(`${app.url}${path}`)).json();

  it('deliver an order, also across a restart, in the trace of the order', async () => {
    const env = { COURIERS: '50', DELIVERY_SECONDS: '240', SPEED: '60' };
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await using first = await run(env);
    const orderId = await ready(traceparent);
    const assigned = await until(() => courierEvents(orderId)[0], { what: 'a courier to be assigned' });

    const { courierId, courierName } = assigned.data as CourierAssigned;
    expect(await get(first, `/shipments/${orderId}`)).toMatchObject({
      orderId,
      cafeId: 'cafe-001',
      state: 'on_the_way',
      courierId,
      courierName,
      deliveredAt: null,
    });
    expect(await get(first, '/couriers')).toMatchObject({
      couriers: expect.arrayContaining([
        expect.objectContaining({ courierId, name: courierName, state: 'delivering', orderId }),
      ]),
    });
    await first.stop();

    await using second = await run(env);
    await until(() => isDelivered(orderId), { what: 'the order to be delivered' });
    expect(namesOf(orderId)).toEqual(['CourierAssigned', 'OrderDelivered']);
    const traces = courierEvents(orderId).map((event) => parseTraceparent(event.traceparent)?.traceId);
    expect(traces).toEqual(Array(2).fill(parseTraceparent(traceparent)?.traceId));
    expect(await get(second, `/shipments/${orderId}`)).toMatchObject({ state: 'delivered' });
  });

  it('deliver each order once as two instances, also when there are far more orders than couriers', async () => {
    const env = { COURIERS: '2', SPEED: '0' };
    await using first = await run(env);
    await using second = await run(env);
    const orders = await Promise.all(Array.from({ length: 60 }, () => ready()));
    await until(() => orders.every(isDelivered), { what: 'all orders to be delivered' });
    // What they still had to say is said.
    await Promise.all([first.stop(), second.stop()]);
    for (const orderId of orders) expect(namesOf(orderId)).toEqual(['CourierAssigned', 'OrderDelivered']);
  });

  it('say of an order that is not ready that there is no shipment', async () => {
    await using app = await run({});
    const response = await fetch(`${app.url}/shipments/nobody-knows`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 404, code: 'SHIPMENT_UNKNOWN' });
  });
});
