import {
  type Consumer,
  createAdmin,
  createConsumer,
  type HeldUp,
  headerOf,
  type ReceivedRecord,
} from '@brew/kafka';
import { isOutage } from '@brew/postgres';
import type { ServiceContext } from '../context.ts';
import type { Part } from '../lifecycle/part.ts';
import { gauge } from '../metrics.ts';
import { typeOf } from './countDeadLetters.ts';
import { createDatabaseWatch } from './databaseWatch.ts';
import { createGroupProgress } from './groupProgress.ts';
import { createUnknownTypes } from './unknownTypes.ts';

/** How often it is looked up how far the group is. */
const LOOK_MS = 5_000;

export interface ConsumerPartOptions {
  /** Consumer group. The service's name, unless the service has a second consumer. */
  group?: string;
  topics: string[];
  from?: 'beginning' | 'now';
  wants?: (record: ReceivedRecord) => boolean;
  /** The shortest time between two calls of `process`; see createConsumer of @brew/kafka. */
  paceMs?: number;
  /** All of it or, by throwing, nothing; see createConsumer of @brew/kafka. */
  process(records: ReceivedRecord[]): Promise<void>;
}

/** A consumer as part of a service: with its dead letters, its metrics and its place in the health. */
export function consumerPart(
  context: ServiceContext,
  { group = context.name, topics, from = 'beginning', wants, paceMs, process }: ConsumerPartOptions,
): Part {
  const { client, db, metrics, log } = context;
  const unknownTypes = createUnknownTypes(context);
  const database = createDatabaseWatch(db);
  const consumer = createConsumer({
    client,
    group,
    topics,
    from,
    ...(wants && {
      wants(record) {
        unknownTypes.note(record.topic, headerOf(record, 'ce_type'));
        return wants(record);
      },
    }),
    ...(paceMs !== undefined && { paceMs }),
    process: (records) => measured(context, group, records, process),
    deadLetters: context.deadLetters,
    isOutage,
    unable: database.trouble,
    log,
  });
  gauge(metrics, `brew_consumer_running`, 'Whether the consumer reads: 1 or 0', () =>
    consumer.state === 'running' ? 1 : 0,
  );
  const admin = createAdmin({ client, log });
  const progress = createGroupProgress({ topics, lag: () => admin.groupLag(group) });
  let looking: NodeJS.Timeout | undefined;
  return {
    name: 'consumer',
    mayComeLater: true,
    start(signal) {
      // Whoever asks for the first time is to hear of what is so for longer.
      looking ??= setInterval(progress, LOOK_MS);
      database.start();
      return consumer.start(signal);
    },
    async stop() {
      clearInterval(looking);
      await Promise.all([consumer.stop(), admin.close(), database.stop()]);
    },
    async health() {
      const own = healthOf(consumer);
      return own.up ? progress() : own;
    },
  };
}

/** Down is also what reads, but does not get on: it names the record that holds it up. */
export function healthOf({ state, lastError, heldUp }: Pick<Consumer, 'state' | 'lastError' | 'heldUp'>) {
  if (state === 'running' && lastError === undefined && heldUp === undefined) return { up: true };
  const error = lastError ?? heldUp?.error;
  const reason = error instanceof Error ? `: ${error.message.slice(0, 500)}` : '';
  return { up: false, detail: `${state}${reason}${heldUp ? `; ${placeOf(heldUp)}` : ''}` };
}

function placeOf({ topic, partition, offset, key, since, others }: HeldUp): string {
  // A key is whatever somebody has written: it must not end the line, nor be a megabyte.
  const ofKey = key === null ? '' : ` (key ${JSON.stringify(key.slice(0, 100))})`;
  const more = others > 0 ? `, and ${others} more` : '';
  return `${topic}/${partition} stands at offset ${offset}${ofKey} since ${since.toISOString()}${more}`;
}

async function measured(
  { metrics }: ServiceContext,
  group: string,
  records: ReceivedRecord[],
  process: (records: ReceivedRecord[]) => Promise<void>,
): Promise<void> {
  const end = metrics.chunkSeconds.startTimer({ group });
  try {
    await process(records);
    end({ outcome: 'handled' });
  } catch (error) {
    end({ outcome: 'failed' });
    for (const { headers } of records) metrics.events.inc({ type: typeOf(headers), outcome: 'failed' });
    throw error;
  }
}
