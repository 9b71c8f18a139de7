import { OrderDelivered, OrderPlaced, uuidv7 } from '@brew/events';
import { createDatabase } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { createEventBus, type SpawnedMain, spawnMain } from '@brew/service/testing';
import { pino } from 'pino';
import { reportSales } from '../projections/sales/reportSales.ts';
import { PLACED_AT, placed } from './orders.ts';
import { ALL_TIME } from './rig.ts';

export type Instances = Awaited<ReturnType<typeof createInstances>>;

/** The service as processes that can be stopped and killed, on a database of a test file's own; and a cafe that sells. */
export async function createInstances() {
  const { brokers, registryUrl, postgresUrl } = infrastructure();
  const resources = new AsyncDisposableStack();
  const database = resources.use(await createTestDatabase(postgresUrl));
  const log = pino({ level: 'silent' });
  const db = resources.use(createDatabase({ url: database.url, applicationName: 'test', log }));
  const where = { brokers, registryUrl };
  const bus = resources.use(await createEventBus({ infrastructure: where, service: 'analytics' }));
  const cafeId = uniqueName('cafe');
  const spawned: SpawnedMain[] = [];

  const instances = {
    db,
    bus,
    /** One more of them, which takes requests. */
    async start(): Promise<{ service: SpawnedMain; url: string }> {
      const service = spawnMain(new URL('../main.ts', import.meta.url), {
        PORT: '0',
        DATABASE_URL: database.url,
        KAFKA_BROKERS: brokers.join(),
        CUT_OFF_PORTS: brokers.map((broker) => broker.split(':').at(-1)).join(),
        SCHEMA_REGISTRY_URL: registryUrl,
        STAFF_TOKEN: 'staff-token',
        LOG_LEVEL: 'info',
      });
      spawned.push(service);
      return { service, url: await service.listening() };
    },
    /** Ends all of them, also those that are stopped: nobody can wait for these. */
    async kill(): Promise<void> {
      for (const { child, exited } of spawned.splice(0)) {
        child.kill('SIGKILL');
        await exited;
      }
    },
    /** Orders that are placed and delivered. */
    async sell(count: number): Promise<void> {
      for (let n = 0; n < count; n++) {
        const orderId = uuidv7();
        const deliveredAt = PLACED_AT + 60_000;
        await bus.publish(OrderPlaced, placed(orderId, { cafeId }));
        await bus.publish(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt });
      }
    },
    /** As the reports show it, whoever is killed. */
    async sold(): Promise<number> {
      const own = (await reportSales(db, ALL_TIME)).filter((row) => row.cafeId === cafeId);
      return own.reduce((sum, { orders }) => sum + orders, 0);
    },
    untilSold: (count: number, what: string) =>
      until(async () => (await instances.sold()) === count, { what }),
    stop: () => resources.disposeAsync(),
  };
  return instances;
}
