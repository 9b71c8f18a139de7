import { gauge, type HttpMetrics } from '@brew/service';
import { Counter } from 'prom-client';

/** What the simulator counts, on /metrics. */
export function createSimulatorMetrics(
  metrics: HttpMetrics,
  { outstanding, pendingWebhooks }: { outstanding(): number; pendingWebhooks(): Promise<number> },
) {
  gauge(metrics, 'brew_customers_outstanding', 'Customers who wait for an answer', outstanding);
  gauge(
    metrics,
    'brew_webhooks_pending',
    'Webhooks that are due later, or were not taken yet',
    pendingWebhooks,
  );
  const registers = [metrics.prometheus];
  return {
    customers: new Counter({
      name: 'brew_customers_total',
      help: 'What became of those who came to order, and of their wishes to cancel',
      labelNames: ['outcome'],
      registers,
    }),
    webhooks: new Counter({
      name: 'brew_webhooks_total',
      help: 'Attempts to send a webhook of the payment provider',
      labelNames: ['outcome'],
      registers,
    }),
    supplied: new Counter({
      name: 'brew_supplied_units_total',
      help: 'What the supply truck put on shelves',
      registers,
    }),
  };
}
