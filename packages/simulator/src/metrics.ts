import { Counter, Gauge, type Registry } from 'prom-client';

/** What the simulator counts, on /metrics. */
export function createSimulatorMetrics(registry: Registry, { outstanding }: { outstanding(): number }) {
  const registers = [registry];
  new Gauge({
    name: 'brew_customers_outstanding',
    help: 'Customers who wait for an answer',
    registers,
    collect() {
      this.set(outstanding());
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
