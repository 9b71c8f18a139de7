import { createDatabase, migrate } from '@brew/postgres';
import type { Service, ServiceState } from '@brew/service';
import { pino, stdTimeFunctions } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { SimulatorConfig } from './config.ts';
import { createHttpApp } from './http/createHttpApp.ts';
import { type Listening, listen } from './http/listen.ts';
import { createSimulatorMetrics } from './metrics.ts';
import { createOutside } from './outside.ts';
import { createProvider } from './provider/createProvider.ts';
import { countPendingWebhooks } from './provider/store/webhooks.ts';
import { seededRandom } from './random.ts';

const NAME = 'simulator';
const migrations = new URL('./provider/store/migrations/', import.meta.url);

/**
 * Everything that is outside of Brew, in one process: customers, the payment provider and the supply truck. They know
 * Brew by its HTTP addresses alone, so this is a service to those who run it, but has no Kafka, inbox or outbox.
 */
export function createApp(config: SimulatorConfig): Service {
  const log = pino({
    level: config.LOG_LEVEL,
    base: { service: NAME },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const db = createDatabase({ url: config.DATABASE_URL, applicationName: NAME, log });
  const counters = createSimulatorMetrics(registry, {
    outstanding: () => outside.outstanding(),
    pendingWebhooks: () => countPendingWebhooks(db),
  });

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

  let state: ServiceState = 'created';
  let http: Listening | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const stopped = new AbortController();

  const health = async () => {
    const postgres = await db.ping().then(
      () => ({ up: true }),
      (error: Error) => ({ up: false, detail: error.message }),
    );
    const status = state === 'running' && postgres.up ? ('ready' as const) : ('not_ready' as const);
    return { status, state, dependencies: { postgres, customers: outside.health() } };
  };

  async function start(): Promise<void> {
    state = 'starting';
    try {
      await migrate({ url: config.DATABASE_URL, directories: [migrations], log, signal: stopped.signal });
      const app = createHttpApp({ routes: provider.routes, health, registry, log });
      http = await listen(app, { host: config.HOST, port: config.PORT });
      await provider.sender.start(stopped.signal, log);
      outside.start();
      state = 'running';
    } catch (error) {
      await release();
      state = 'failed';
      throw error;
    }
  }

  /** The customers first: nobody is to be promised anything any more. */
  async function release(): Promise<void> {
    await outside.stop();
    await provider.sender.stop();
    await http?.close();
    await db.stop();
  }

  async function stop(): Promise<void> {
    stopped.abort(new Error('stopped while it started'));
    await starting?.catch(() => {});
    state = 'draining';
    await release();
    state = 'stopped';
    log.info('stopped');
  }

  const service: Service = {
    name: NAME,
    log,
    get state() {
      return state;
    },
    get url() {
      if (!http) throw new Error('The simulator does not listen yet.');
      return http.url;
    },
    start: () => (starting ??= start()),
    stop: () => (stopping ??= stop()),
    [Symbol.asyncDispose]: () => service.stop(),
  };
  return service;
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
