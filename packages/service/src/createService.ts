import type { EventType } from '@brew/events';
import {
  createCodec,
  createDeadLetterQueue,
  createKafkaClient,
  createProducer,
  type KafkaClient,
} from '@brew/kafka';
import { createDatabase, createOutbox, createParkedKeys, messagingMigrations, migrate } from '@brew/postgres';
import type { ServiceConfig } from './config/readConfig.ts';
import type { ServiceContext } from './context.ts';
import { createApp } from './http/createApp.ts';
import { createHealth } from './http/health.ts';
import { createHttpServer } from './http/httpServer.ts';
import type { Route } from './http/route.ts';
import { consumerPart } from './kafka/consumerPart.ts';
import { createRelay } from './kafka/relay.ts';
import { createLifecycle, type ServiceState, type Step } from './lifecycle/lifecycle.ts';
import type { Part } from './lifecycle/part.ts';
import { createLogger } from './log.ts';
import { createMetrics, gauge } from './metrics.ts';
import type { Handler } from './work/handle.ts';
import { inboxPruning } from './work/inboxPruning.ts';
import { createChunkProcessor } from './work/processChunk.ts';
import { createUnitOfWork } from './work/work.ts';

export interface CreateServiceOptions<Config extends ServiceConfig> {
  /** Literal and never renamed: consumer group, source of its events, name in every log line. */
  name: string;
  /** Of the API, in /openapi.json. */
  version?: string;
  config: Config;
  /** Folder of the service's SQL files. */
  migrations: URL;
  /** Every event that it emits: their schemas are looked up at the start, so that `emit` needs no waiting. */
  emits: readonly EventType[];
  handlers?: readonly Handler[] | ((context: ServiceContext<Config>) => readonly Handler[]);
  routes?: (context: ServiceContext<Config>) => readonly Route[];
  /** Started in this order after the relay and before the consumer; stopped the other way round. */
  parts?: (context: ServiceContext<Config>) => readonly Part[];
  /** For tests that put a broken network between the service and Kafka. */
  client?: KafkaClient;
}

export interface Service extends AsyncDisposable {
  readonly name: string;
  readonly state: ServiceState;
  /** Where it listens; with PORT=0 the port that it got. Throws before start(). */
  readonly url: string;
  readonly log: ServiceContext['log'];
  /**
   * Resolves when it does all its work. Waits, with backoff, for PostgreSQL, the schema registry and Kafka; meanwhile
   * /health/ready says for which. Rejects when it can't ever start (port taken, a migration fails) or is stopped.
   */
  start(): Promise<void>;
  /** Finishes what is in flight, within 5 s. Idempotent. */
  stop(): Promise<void>;
}

/** Puts a service together. Nothing runs and nothing is connected before start(). */
export function createService<Config extends ServiceConfig>(options: CreateServiceOptions<Config>): Service {
  const { name, version = '0.1.0', config, migrations, emits } = options;
  const log = createLogger({ name, level: config.LOG_LEVEL });
  const metrics = createMetrics();
  const now = () => new Date();

  const db = createDatabase({ url: config.DATABASE_URL, applicationName: name, log });
  const outbox = createOutbox(db, { log });
  const client =
    options.client ?? createKafkaClient({ brokers: [...config.KAFKA_BROKERS], clientId: name, log });
  const codec = createCodec({ registryUrl: config.SCHEMA_REGISTRY_URL, log });
  const producer = createProducer({ client, log });
  const deadLetters = createDeadLetterQueue({ producer, group: name, parkedKeys: createParkedKeys(db) });
  const unitOfWork = createUnitOfWork({ name, db, codec, log, now });
  const { transact } = unitOfWork;
  const context: ServiceContext<Config> = {
    name,
    config,
    db,
    client,
    codec,
    deadLetters,
    metrics,
    log,
    now,
    transact,
  };

  const relay = createRelay({ db, outbox, producer, metrics, log });
  const handlers =
    typeof options.handlers === 'function' ? options.handlers(context) : (options.handlers ?? []);
  const parts = [relay, ...(options.parts?.(context) ?? []), ...consuming(handlers)];

  function consuming(wired: readonly Handler[]): Part[] {
    if (wired.length === 0) return [];
    const topics = [...new Map(wired.map(({ type }) => [type.topic.name, type.topic])).values()];
    const chunks = createChunkProcessor({ group: name, handlers: wired, unitOfWork, codec, metrics, log });
    const consumer = consumerPart(context, { topics: topics.map((topic) => topic.name), ...chunks });
    return [inboxPruning(db, topics), consumer];
  }

  gauge(
    metrics,
    'brew_outbox_rows',
    'Events that wait in the outbox',
    async () => (await outbox.backlog()).rows,
  );
  gauge(
    metrics,
    'brew_outbox_oldest_seconds',
    'Age of the oldest event in the outbox',
    async () => (await outbox.backlog()).oldestSeconds,
  );

  const stoppingHttp = new AbortController();
  const http = createHttpServer((request, response) => app(request, response), {
    host: config.HOST,
    port: config.PORT,
    onStop: () => stoppingHttp.abort(),
  });
  const asStep = (part: Part): Step => ({
    name: part.name,
    start: (signal) => part.start(signal, log),
    stop: () => part.stop(),
  });
  const directories = [messagingMigrations, migrations];
  const lifecycle = createLifecycle(
    [
      { name: 'pool', stop: () => db.stop() },
      http, // listens first, so that it can say what it waits for
      {
        name: 'PostgreSQL',
        start: (signal) => migrate({ url: config.DATABASE_URL, directories, log, signal }),
      },
      { name: 'schema registry', start: (signal) => codec.prepare(emits, signal) },
      { name: 'Kafka', start: (signal) => producer.start(signal), stop: () => producer.stop() },
      ...parts.map(asStep),
    ],
    log,
  );

  const app = createApp({
    name,
    version,
    routes: options.routes?.(context) ?? [],
    staffToken: 'STAFF_TOKEN' in config ? String(config.STAFF_TOKEN) : undefined,
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    health: createHealth({
      lifecycle,
      ping: () => db.ping(),
      parts,
      kafka: () => ({ up: producer.state === 'running', detail: producer.state }),
    }),
    isReady: () => lifecycle.state === 'running' || lifecycle.state === 'draining',
    stopping: stoppingHttp.signal,
    metrics,
    log,
  });

  return {
    name,
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
