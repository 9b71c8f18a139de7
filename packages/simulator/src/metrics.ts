import { Counter, Gauge, type Registry } from 'prom-client';

/** What the simulator counts, on /metrics. */
export function createSimulatorMetrics(
  registry: Registry,
  { outstanding, pendingWebhooks }: { outstanding(): number; pendingWebhooks(): Promise<number> },
) {
  const registers = [registry];
  new Gauge({
    name: 'brew_customers_outstanding',
    help: 'Customers who wait for an answer',
    registers,
    collect() {
      this.set(outstanding());
    },
  });
  new Gauge({
    name: 'brew_webhooks_pending',
    help: 'Webhooks that are due later, or were not taken yet',
    registers,
    async collect() {
      // Left out while the database is away: the other numbers still count then.
      await pendingWebhooks().then(
        (count) => this.set(count),
        () => this.remove(),
      );
    },
  });
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
