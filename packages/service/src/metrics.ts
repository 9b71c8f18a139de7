import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What counts requests. `prometheus` takes more: `new Counter({ …, registers: [metrics.prometheus] })`. */
export interface HttpMetrics {
  prometheus: Registry;
  httpSeconds: Histogram<'method' | 'route' | 'status'>;
}

/** What a service counts that lives from events. */
export interface Metrics extends HttpMetrics {
  /** Outcome: handled, duplicate, dead_lettered; failed, which counts attempts; skipped, whose type is unknown. */
  events: Counter<'type' | 'outcome'>;
  /** One chunk of a partition's records: decoding, handlers, commit. */
  chunkSeconds: Histogram<'group' | 'outcome'>;
  deadLetters: Counter<'topic'>;
  relayed: Counter;
}

export function createHttpMetrics(): HttpMetrics {
  const prometheus = new Registry();
  // Its default of 10 ms would wake an idle process a hundred times a second.
  collectDefaultMetrics({ register: prometheus, eventLoopMonitoringPrecision: 100 });
  return {
    prometheus,
    httpSeconds: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time until the answer was sent',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [prometheus],
    }),
  };
}

export function createMetrics(http = createHttpMetrics()): Metrics {
  const registers = [http.prometheus];
  return {
    ...http,
    events: new Counter({
      name: 'brew_events_total',
      help: 'Events by type and what became of them',
      labelNames: ['type', 'outcome'],
      registers,
    }),
    chunkSeconds: new Histogram({
      name: 'brew_handler_chunk_seconds',
      help: 'Time for one chunk of records: decoding, handlers, commit',
      labelNames: ['group', 'outcome'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    deadLetters: new Counter({
      name: 'brew_dead_letters_total',
      help: 'Records sent to the dead letter queue, by the topic they came from',
      labelNames: ['topic'],
      registers,
    }),
    relayed: new Counter({
      name: 'brew_relayed_total',
      help: 'Outbox rows acknowledged by Kafka',
      registers,
    }),
  };
}

/** A gauge that is read when somebody asks. If that fails it is left out: metrics must be there when the database is not. */
export function gauge(
  metrics: HttpMetrics,
  name: string,
  help: string,
  read: () => number | Promise<number>,
): void {
  new Gauge({
    name,
    help,
    registers: [metrics.prometheus],
    async collect() {
      try {
        this.set(await read());
      } catch {
        this.remove();
      }
    },
  });
}

/** A counter of a service's own. It only ever rises, and begins with 0 when the service does. */
export const counter = <Label extends string>(
  { prometheus }: HttpMetrics,
  name: string,
  help: string,
  labelNames: Label[],
): Counter<Label> => new Counter({ name, help, labelNames, registers: [prometheus] });
