import { createHttpService, type HttpContext, type Service } from '@brew/service';
import type { SimulatorConfig } from './config.ts';
import { createSimulatorMetrics } from './metrics.ts';
import { createOutside } from './outside.ts';
import { createProvider } from './provider/createProvider.ts';
import { countPendingWebhooks } from './provider/store/webhooks.ts';
import { seededRandom } from './random.ts';

/**
 * Everything that is outside of Brew, in one process: customers, the payment provider and the supply truck. They know
 * Brew by its HTTP addresses alone, so this has no Kafka, inbox or outbox.
 */
export const createApp = (config: SimulatorConfig): Service =>
  createHttpService({
    name: 'simulator',
    config,
    migrations: [new URL('./provider/store/migrations/', import.meta.url)],
    assemble,
  });

function assemble({ config, db, metrics, log, now }: HttpContext<SimulatorConfig>) {
  const counters = createSimulatorMetrics(metrics, {
    outstanding: () => outside.outstanding(),
    pendingWebhooks: () => countPendingWebhooks(db),
  });
  const provider = createProvider(
    {
      db,
      apiKey: config.PSP_API_KEY,
      // Another stream than the customers', who take one for each number.
      random: seededRandom(config.SEED, -1),
      now,
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
  // Stopped the other way round, the customers first: nobody is to be promised anything any more.
  return { routes: provider.routes, parts: [provider.sender, outside] };
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
