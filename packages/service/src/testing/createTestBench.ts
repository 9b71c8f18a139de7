import type { Event, EventType } from '@brew/events';
import { createCodec, createKafkaClient, type DeadLetters, type ReceivedRecord } from '@brew/kafka';
import { createDatabase, messagingMigrations, migrate } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { pino } from 'pino';
import { readConfig, type ServiceConfig } from '../config/readConfig.ts';
import type { ServiceContext } from '../context.ts';
import { createMetrics } from '../metrics.ts';
import type { Handler } from '../unitOfWork/handle.ts';
import { createChunkProcessor } from '../unitOfWork/processChunk.ts';
import { createUnitOfWork } from '../unitOfWork/unitOfWork.ts';
import { type EventRecord, eventRecord } from './eventRecord.ts';

export interface TestBenchOptions<Config extends ServiceConfig> {
  name: string;
  /** Left out: no tables of its own. */
  migrations?: URL;
  /** Both what it emits and what the test delivers: their schemas are registered. */
  events: readonly EventType[];
  /** Where PostgreSQL and the registry are: `infrastructure()` of @brew/sandbox/testing. */
  infrastructure: { brokers: string[]; registryUrl: string; postgresUrl: string };
  /** Makes the service's configuration from an environment with the base variables set. */
  readConfig?: (env: Record<string, string>) => Config;
  /** The clock. */
  now?: () => Date;
}

/** A service's database, schemas and units of work, without Kafka: what its handlers and commands are tested on. */
export interface TestBench<Config extends ServiceConfig> extends AsyncDisposable {
  context: ServiceContext<Config>;
  /**
   * Delivers an event as the consumer would: encoded, decoded, through the inbox, in a transaction with the outbox.
   * @param options.id deliver with this id, for example a second time
   * @returns the event's id
   */
  deliver<Data>(
    handlers: readonly Handler[],
    type: EventType<Data>,
    data: Data,
    options?: { id?: string; traceparent?: string },
  ): Promise<string>;
  /** Delivers events as one chunk: together, in one transaction. @returns their ids */
  deliverTogether(handlers: readonly Handler[], events: readonly [EventType, unknown][]): Promise<string[]>;
  /** What was emitted so far and would be sent, in order; tombstones left out. */
  emitted(): Promise<Event[]>;
  /** Closes the pool and drops the database. */
  stop(): Promise<void>;
}

/** Makes a bench with a database of its own. */
export async function createTestBench<Config extends ServiceConfig = ServiceConfig>(
  options: TestBenchOptions<Config>,
): Promise<TestBench<Config>> {
  const { name, infrastructure, events, migrations, now = () => new Date() } = options;
  const database = await createTestDatabase(infrastructure.postgresUrl);
  const env = {
    PORT: '0',
    DATABASE_URL: database.url,
    KAFKA_BROKERS: infrastructure.brokers.join(','),
    SCHEMA_REGISTRY_URL: infrastructure.registryUrl,
    STAFF_TOKEN: 'staff-token',
    LOG_LEVEL: 'silent',
  };
  const config = options.readConfig?.(env) ?? (readConfig(name, env, {}) as unknown as Config);
  const log = pino({ level: 'silent' });
  await migrate({
    url: database.url,
    directories: migrations ? [messagingMigrations, migrations] : [messagingMigrations],
    log,
  });
  const codec = createCodec({ registryUrl: infrastructure.registryUrl, log });
  await codec.prepare(events);

  const db = createDatabase({ url: database.url, applicationName: `${name}-test`, log });
  const client = createKafkaClient({ brokers: infrastructure.brokers, clientId: name, log });
  const metrics = createMetrics();
  const unitOfWork = createUnitOfWork({ name, db, codec, log, now });
  const { transact, together } = unitOfWork;
  const context = {
    name,
    config,
    db,
    client,
    codec,
    deadLetters: none,
    metrics,
    log,
    now,
    transact,
    together,
  };

  const stop = async () => {
    await db.stop();
    await database.drop();
  };
  const process = async (handlers: readonly Handler[], records: readonly EventRecord[]) => {
    const chunks = createChunkProcessor({ group: name, handlers, unitOfWork, codec, metrics, log });
    await chunks.process(records.map(received));
    return records.map(({ id }) => id);
  };
  return {
    context,
    async deliver(handlers, type, data, options) {
      const record = eventRecord(codec, type, data, { time: now(), ...options });
      await process(handlers, [record]);
      return record.id;
    },
    deliverTogether: (handlers, events) =>
      process(
        handlers,
        events.map(([type, data]) => eventRecord(codec, type, data, { time: now() })),
      ),
    async emitted() {
      const { rows } = await db.query<Pick<ReceivedRecord, 'topic' | 'key' | 'value' | 'headers'>>(
        'select topic, key, value, headers from outbox where value is not null order by id',
      );
      return Promise.all(rows.map((row) => codec.decode(received(row))));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function received({
  topic,
  key,
  value,
  headers,
}: Pick<ReceivedRecord, 'topic' | 'key' | 'value' | 'headers'>): ReceivedRecord {
  return { topic, key, value, headers, partition: 0, offset: 0n, timestamp: new Date() };
}

/** Without a consumer nothing can become a dead letter: a handler that throws makes deliver() throw. */
const none: DeadLetters = {
  behindParked: async () => new Set(),
  park: async () => new Set(),
  tell: async () => {},
  isDiscarded: async () => false,
};
