import { createAdmin, createKafkaClient } from '@brew/kafka';
import { type System, services } from '@brew/sandbox';
import { pino } from 'pino';

/** Where the consumers and the outboxes stand at one moment. */
export interface Sample {
  /** Of taking it, in milliseconds since 1970. */
  at: number;
  /** By consumer group: records that it has yet to handle, and records in its topics altogether. */
  groups: Record<string, { lag: number; produced: number }>;
  /** By service: events that are committed and not yet in Kafka. */
  outbox: Record<string, number>;
}

/** How many orders came how far, as analytics counts them. */
interface Funnel {
  placed: number;
  delivered: number;
  cancelled: { total: number };
}

export interface Gauges extends AsyncDisposable {
  sample(): Promise<Sample>;
  funnel(): Promise<Funnel>;
}

/** Every service but the simulator, which reads no topic. */
const consumers = services.map(({ name }) => name).filter((name) => name !== 'simulator');

export function createGauges(system: System): Gauges {
  const log = pino({ level: 'silent' });
  const client = createKafkaClient({ brokers: system.brokers, clientId: 'brew-bench', log });
  const admin = createAdmin({ client, log });

  async function groupOf(group: string) {
    const partitions = await admin.groupLag(group);
    const sum = (key: 'lag' | 'latest') =>
      partitions.reduce((total, partition) => total + Number(partition[key]), 0);
    return [group, { lag: sum('lag'), produced: sum('latest') }] as const;
  }

  async function outboxOf(service: (typeof consumers)[number]) {
    const metrics = await (await fetch(`${system.url(service)}/metrics`)).text();
    return [service, Number(/^brew_outbox_rows (\d+)/m.exec(metrics)?.[1] ?? 0)] as const;
  }

  return {
    async sample() {
      const [groups, outbox] = await Promise.all([
        Promise.all(consumers.map(groupOf)),
        Promise.all(consumers.map(outboxOf)),
      ]);
      return { at: Date.now(), groups: Object.fromEntries(groups), outbox: Object.fromEntries(outbox) };
    },
    async funnel() {
      const response = await fetch(`${system.url('analytics')}/reports/funnel`);
      if (!response.ok) throw new Error(`GET /reports/funnel answered ${response.status}.`);
      return (await response.json()) as Funnel;
    },
    [Symbol.asyncDispose]: () => admin.close(),
  };
}
