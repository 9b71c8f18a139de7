import { type Event, parseTraceparent, problemInSize } from '@brew/events';
import { type Codec, headerOf, InvalidEventError, type ReceivedRecord } from '@brew/kafka';
import { claimInbox, type Tx } from '@brew/postgres';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { Delivery, Handler } from './handle.ts';
import type { UnitOfWork } from './unitOfWork.ts';

export interface ProcessChunkOptions {
  group: string;
  handlers: readonly Handler[];
  unitOfWork: Pick<UnitOfWork, 'run'>;
  codec: Pick<Codec, 'decodeAll'>;
  metrics: Metrics;
  log: Logger;
}

interface Decoded {
  event: Event;
  record: ReceivedRecord;
}

export interface ChunkProcessor {
  /** Whether a record has a handler, told by its headers alone: what nobody handles is never decoded. */
  wants(record: ReceivedRecord): boolean;
  /**
   * Handles records in one transaction: inbox, handlers in the order of the records, outbox. All of it or nothing.
   Events that the inbox knows are skipped, so a chunk that comes again has no second effect.
   */
  process(records: readonly ReceivedRecord[], around?: Around): Promise<void>;
}

/** What else belongs into the transaction of some records. */
interface Around {
  /** Before anything else. @returns whether a record is to be handled, as it stands now */
  begin(tx: Tx): Promise<(record: ReceivedRecord) => boolean>;
  /** When all are handled, before the commit. */
  end(tx: Tx, duplicates: readonly ReceivedRecord[]): Promise<void>;
}

export function createChunkProcessor(options: ProcessChunkOptions): ChunkProcessor {
  const { group, unitOfWork, codec, metrics, log } = options;
  const handlers = byType(options.handlers);

  return {
    wants(record) {
      const type = headerOf(record, 'ce_type');
      // A record without a type isn't Brew's: wanted, so that it fails to decode and ends in the dead letters, seen.
      if (type !== undefined && !handlers.has(type)) return false;
      const { value } = record;
      if (value === null) return false; // a tombstone is no event
      // Told before anything is made of it, so that no attempt is.
      const problem = problemInSize(value.length);
      if (problem !== undefined) throw new InvalidEventError(type ?? 'event', [problem]);
      return true;
    },

    async process(records, around) {
      const decoded = await decode(records);
      const duplicate: Decoded[] = [];
      const handled: Decoded[] = [];
      await unitOfWork.run(async (tx, open) => {
        const isWanted = await around?.begin(tx);
        const wanted = isWanted ? decoded.filter(({ record }) => isWanted(record)) : decoded;
        const fresh = await claimInbox(
          tx,
          // UUIDs in lower case, as PostgreSQL gives them back: decoding sees to that.
          wanted.map(({ event }) => event.id),
        );
        const deliveries: Delivery[] = [];
        for (const each of wanted) {
          const { event, record } = each;
          // Deleted as it is taken: the same event may be twice in one chunk.
          if (!fresh.delete(event.id)) {
            duplicate.push(each);
            continue;
          }
          const cause = { causationId: event.id, traceparent: event.traceparent };
          deliveries.push({ event, work: open(cause, () => logOf(event, record)) });
          handled.push(each);
        }
        for (const run of runsOf(deliveries)) await run.handler.handle(run.deliveries, tx);
        await around?.end(
          tx,
          duplicate.map(({ record }) => record),
        );
      });
      // Counted after the commit: what was rolled back did not happen.
      count(handled, 'handled');
      count(duplicate, 'duplicate');
      if (log.isLevelEnabled('debug')) {
        for (const { event, record } of handled) logOf(event, record).debug('event handled');
      }
    },
  };

  function count(some: readonly Decoded[], outcome: string): void {
    for (const { event } of some) metrics.events.inc({ type: event.type.type, outcome });
  }

  /** Cuts deliveries, in their order, where the handler changes. */
  function runsOf(deliveries: readonly Delivery[]): { handler: Handler; deliveries: Delivery[] }[] {
    const runs: { handler: Handler; deliveries: Delivery[] }[] = [];
    for (const delivery of deliveries) {
      const handler = handlers.get(delivery.event.type.type);
      if (!handler) continue;
      const last = runs.at(-1);
      if (last?.handler === handler) last.deliveries.push(delivery);
      else runs.push({ handler, deliveries: [delivery] });
    }
    return runs;
  }

  async function decode(records: readonly ReceivedRecord[]): Promise<Decoded[]> {
    const events = await codec.decodeAll(records);
    return events.map((event, i) => ({ event, record: records[i] as ReceivedRecord }));
  }

  function logOf(event: Event, record: ReceivedRecord): Logger {
    return log.child({
      group,
      eventId: event.id,
      eventType: event.type.name,
      correlationId: event.correlationId,
      traceId: parseTraceparent(event.traceparent)?.traceId,
      topic: record.topic,
      partition: record.partition,
      offset: String(record.offset),
    });
  }
}

function byType(handlers: readonly Handler[]): ReadonlyMap<string, Handler> {
  const map = new Map<string, Handler>();
  for (const handler of handlers) {
    for (const { type } of handler.types) {
      if (map.has(type))
        throw new TypeError(`Two handlers for ${type}: the inbox would let only one of them see it.`);
      map.set(type, handler);
    }
  }
  return map;
}
