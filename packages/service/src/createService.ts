import type { EventType } from '@brew/events';
import {
  createCodec,
  createDeadLetterQueue,
  createKafkaClient,
  createProducer,
  type KafkaClient,
  type Producer,
} from '@brew/kafka';
import {
  countStuckItems,
  createOutbox,
  createParkedKeys,
  isLossDiscarded,
  messagingMigrations,
  type Prunable,
  pruneLetterActions,
  pruneLetters,
  pruneOrders,
} from '@brew/postgres';
import type { ServiceConfig } from './config/readConfig.ts';
import type { HttpContext, ServiceContext } from './context.ts';
import { createHttpService, type Service } from './createHttpService.ts';
import type { Route } from './http/route.ts';
import { consumerPart } from './kafka/consumerPart.ts';
import { countDeadLetters } from './kafka/countDeadLetters.ts';
import { toldSilence } from './kafka/giveWay.ts';
import { measureBacklog } from './kafka/measureBacklog.ts';
import { createRelay } from './kafka/relay.ts';
import { createLetterIndex } from './letters/letterIndex.ts';
import { letterRoutes } from './letters/letterRoutes.ts';
import type { Part } from './lifecycle/part.ts';
import { pruning } from './lifecycle/pruning.ts';
import { createMetrics, gauge } from './metrics.ts';
import { type Handler, topicsOf } from './unitOfWork/handle.ts';
import { inboxPruning } from './unitOfWork/inboxPruning.ts';
import { type ChunkProcessor, createChunkProcessor } from './unitOfWork/processChunk.ts';
import { createUnitOfWork } from './unitOfWork/unitOfWork.ts';

export interface CreateServiceOptions<Config extends ServiceConfig> {
  /** Literal and never renamed: consumer group, source of its events, name in every log line. */
  name: string;
  /** Of the API, in /openapi.json. */
  version?: string;
  config: Config;
  /** Folder of the service's SQL files. Left out: no tables but those of outbox and inbox. */
  migrations?: URL;
  /** Every event that it emits: their schemas are looked up at the start, so that `emit` needs no waiting. */
  emits: readonly EventType[];
  handlers?: readonly Handler[] | ((context: ServiceContext<Config>) => readonly Handler[]);
  /** Where its consumer group begins, before it has read anything: by default at the beginning of the topics. */
  from?: 'beginning' | 'now';
  routes?: (context: ServiceContext<Config>) => readonly Route[];
  /** Which rows of its orders may go KEEP_DAYS after the order was placed. */
  prunes?: Prunable;
  /** Started in this order after the relay and before the consumer; stopped the other way round. */
  parts?: (context: ServiceContext<Config>) => readonly Part[];
  /**
   * Whether records wait behind a dead letter of their key. By default they do; false for who does not depend on the order of a
   * key's records.
   */
  parksKeys?: boolean;
  /** Where there are no handlers that a redrive of dead letters could run: what staff do instead, as a sentence. */
  insteadOfRedrive?: string;
  /** For tests that put a broken network between the service and Kafka. */
  client?: KafkaClient;
  /** For tests of clocks that are wrong. */
  now?: () => Date;
}

/** Puts a service together that lives from events. Nothing runs and nothing is connected before start(). */
export function createService<Config extends ServiceConfig>(options: CreateServiceOptions<Config>): Service {
  const { name, version, config, migrations } = options;
  return createHttpService({
    name,
    version,
    config,
    ...(options.now && { now: options.now }),
    migrations: migrations ? [messagingMigrations, migrations] : [messagingMigrations],
    assemble: (base) => addMessaging(base, options),
  });
}

/** Codec, producer, relay and consumer, around the service's own parts. */
function addMessaging<Config extends ServiceConfig>(
  base: HttpContext<Config>,
  { emits, prunes, ...options }: CreateServiceOptions<Config>,
): { routes: readonly Route[]; parts: Part[] } {
  const { name, config, db, log, now } = base;
  const metrics = createMetrics(base.metrics);
  const outbox = createOutbox(db, { log });
  const client =
    options.client ??
    createKafkaClient({
      brokers: [...config.KAFKA_BROKERS],
      clientId: name,
      library: config.BREW_KAFKA_CLIENT,
      log,
    });
  const codec = createCodec({ registryUrl: config.SCHEMA_REGISTRY_URL, log });
  const producer = createProducer({ client, log });
  // Of its own: neither does a letter wait behind the outbox, nor the outbox behind a letter that Kafka does not take.
  const letters = createProducer({ client, log });
  const letterIndex = createLetterIndex({ group: name, db, client, metrics, log });
  const deadLetters = countDeadLetters(
    createDeadLetterQueue({
      producer: letters,
      group: name,
      isDiscarded: (gap) => isLossDiscarded(db, gap),
      ...(options.parksKeys !== false && { parkedKeys: createParkedKeys(db) }),
    }),
    { metrics, log, onSent: letterIndex.wake },
  );
  const relay = createRelay({ db, outbox, producer, metrics, log });
  const unitOfWork = createUnitOfWork({ name, db, codec, log, now, onEmitted: relay.wake });
  const { transact, together } = unitOfWork;
  const context: ServiceContext<Config> = {
    ...base,
    metrics,
    client,
    codec,
    deadLetters,
    transact,
    together,
  };

  function consuming(chunks: ChunkProcessor): Part[] {
    const topics = topicsOf(handlers);
    const consumer = consumerPart(context, {
      topics,
      ...(options.from && { from: options.from }),
      ...chunks,
    });
    return [inboxPruning({ db, client, topics }), consumer];
  }

  measureBacklog(metrics, outbox);
  gauge(metrics, 'brew_stuck_items', 'What workers could not do and have set aside', () =>
    countStuckItems(db),
  );

  const handlers =
    typeof options.handlers === 'function' ? options.handlers(context) : (options.handlers ?? []);
  const chunks =
    handlers.length > 0
      ? createChunkProcessor({ group: name, handlers, unitOfWork, codec, metrics, log })
      : undefined;
  return {
    routes: [
      ...(options.routes?.(context) ?? []),
      ...letterRoutes({
        group: name,
        ...{ db, client, codec, letterIndex, chunks, log },
        parksKeys: options.parksKeys !== false,
        insteadOfRedrive: options.insteadOfRedrive ?? 'Have what is missing sent again, then discard them.',
      }),
    ],
    parts: [
      {
        name: 'schema registry', // waited for: without the ids of its schemas it could not write a single event
        start: (signal) => codec.prepare(emits, signal),
        stop: async () => {},
      },
      {
        name: 'kafka',
        mayComeLater: true,
        async start(signal) {
          log.info({ library: client.library }, 'talks to Kafka');
          await Promise.all([producer.start(signal), letters.start(signal)]);
        },
        stop: async () => void (await Promise.all([producer.stop(), letters.stop()])),
        health() {
          const detail = troubleOf(producer) ?? troubleOf(letters);
          return { up: detail === undefined, detail: detail ?? 'running', library: client.library };
        },
      },
      relay,
      letterIndex,
      ...(options.parts?.(context) ?? []),
      pruning(base, 'letters', pruneLetters),
      pruning(base, 'letter_actions', pruneLetterActions),
      ...(prunes ? [pruning(base, prunes.table, (tx, ...age) => pruneOrders(tx, prunes, ...age))] : []),
      ...(chunks ? consuming(chunks) : []),
    ],
  };
}

/** What keeps a producer from sending. */
const troubleOf = ({ state, silentSince }: Producer): string | undefined =>
  toldSilence(silentSince) ?? (state === 'running' ? undefined : state);
