import { createDatabase, migrate } from '@brew/postgres';
import {
  createHttpApp,
  createHttpServer,
  createLifecycle,
  createLogger,
  createMetrics,
  type Part,
  type Service,
} from '@brew/service';
import type { SimulatorConfig } from './config.ts';
import { createSimulatorMetrics } from './metrics.ts';
import { createOutside } from './outside.ts';
import { createProvider } from './provider/createProvider.ts';
import { seededRandom } from './random.ts';

const NAME = 'simulator';
const migrations = new URL('./provider/store/migrations/', import.meta.url);

/**
 * Everything that is outside of Brew, in one process: customers, the payment provider and the supply truck. They know
 * Brew by its HTTP addresses alone, so of @brew/service this takes what has to do with HTTP and leaves out Kafka.
 */
export function createApp(config: SimulatorConfig): Service {
  const log = createLogger({ name: NAME, level: config.LOG_LEVEL });
  const metrics = createMetrics();
  const db = createDatabase({ url: config.DATABASE_URL, applicationName: NAME, log });
  const stopping = new AbortController();
  const counters = createSimulatorMetrics(metrics.prometheus, { outstanding: () => outside.outstanding() });

  const provider = createProvider(
    {
      db,
      apiKey: config.PSP_API_KEY,
      // Another stream than the customers', who take one for each number.
      random: seededRandom(config.SEED, -1),
      now: () => new Date(),
      behaviour: { current: behaviourOf(config) },
    },
    {
      url: config.WEBHOOK_URL,
      secret: config.WEBHOOK_SECRET,
      log,
      onAttempt: (outcome) => counters.webhooks.inc({ outcome }),
    },
  );
  const outside = createOutside({
    shop: { orderUrl: config.ORDER_URL, catalogUrl: config.CATALOG_URL, staffToken: config.STAFF_TOKEN },
    crowd: {
      rate: config.RATE,
      seed: config.SEED,
      habits: { cancelRate: config.CANCEL_RATE },
      maxOutstanding: config.MAX_OUTSTANDING,
      onOutcome: (outcome) => counters.customers.inc({ outcome }),
    },
    truck: {
      roundMs: config.TRUCK_ROUND_SECONDS * 1_000,
      onDelivery: (units) => counters.supplied.inc(units),
    },
    log,
  });

  const http = createHttpServer((request, response) => app(request, response), {
    host: config.HOST,
    port: config.PORT,
    onStop: () => stopping.abort(),
  });
  const asStep = (part: Part) => ({
    name: part.name,
    start: (signal: AbortSignal) => part.start(signal, log),
    stop: () => part.stop(),
  });
  const lifecycle = createLifecycle(
    [
      { name: 'pool', stop: () => db.stop() },
      http,
      {
        name: 'PostgreSQL',
        start: (signal) => migrate({ url: config.DATABASE_URL, directories: [migrations], log, signal }),
      },
      asStep(provider.sender),
      asStep(outside),
    ],
    log,
  );

  const app = createHttpApp({
    name: NAME,
    version: '0.1.0',
    routes: provider.routes,
    staffToken: undefined,
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    health: async () => {
      const postgres = await db.ping().then(
        () => ({ up: true }),
        (error: Error) => ({ up: false, detail: error.message }),
      );
      const { state, step } = lifecycle;
      return {
        status: state === 'running' && postgres.up ? 'ready' : 'not_ready',
        state,
        ...(step !== undefined && { waitingFor: step }),
        dependencies: { postgres, [outside.name]: outside.health?.() ?? { up: true } },
      };
    },
    isReady: () => lifecycle.state === 'running' || lifecycle.state === 'draining',
    stopping: stopping.signal,
    metrics,
    log,
  });

  return {
    name: NAME,
    log,
    get state() {
      return lifecycle.state;
    },
    get url() {
      return http.url;
    },
    start: lifecycle.start,
    stop: lifecycle.stop,
    [Symbol.asyncDispose]: lifecycle.stop,
  };
}

function behaviourOf(config: SimulatorConfig) {
  return {
    declineRate: config.DECLINE_RATE,
    lateRate: config.LATE_RATE,
    duplicateRate: config.DUPLICATE_RATE,
    outOfOrderRate: config.OUT_OF_ORDER_RATE,
    silentRate: config.SILENT_RATE,
    delayMs: config.DELAY_MS,
    lateMs: config.LATE_MS,
  };
}
