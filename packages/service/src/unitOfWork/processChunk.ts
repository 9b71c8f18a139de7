import { type Event, InvalidHeadersError, parseTraceparent } from '@brew/events';
import type { Codec, ReceivedRecord } from '@brew/kafka';
import { claimInbox } from '@brew/postgres';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { Delivery, Handler } from './handle.ts';
import type { UnitOfWork } from './unitOfWork.ts';

export interface ProcessChunkOptions {
  group: string;
  handlers: readonly Handler[];
  unitOfWork: Pick<UnitOfWork, 'run'>;
  codec: Pick<Codec, 'decode'>;
  metrics: Metrics;
  log: Logger;
}

export interface ChunkProcessor {
  /** Whether a record has a handler, told by its headers alone: what nobody handles is never decoded. */
  wants(record: ReceivedRecord): boolean;
  /**
   * Handles records in one transaction: inbox, handlers in the order of the records, outbox. All of it or nothing.
   Events that the inbox knows are skipped, so a chunk that comes again has no second effect.
   */
  process(records: ReceivedRecord[]): Promise<void>;
}

export function createChunkProcessor(options: ProcessChunkOptions): ChunkProcessor {
  const { group, unitOfWork, codec, metrics, log } = options;
  const handlers = byType(options.handlers);

  return {
    wants({ headers, value }) {
      if (value === null) return false; // a tombstone is no event
      // A record without a type isn't Brew's: wanted, so that it fails to decode and ends in the dead letters, seen.
      return headers.ce_type === undefined || handlers.has(headers.ce_type);
    },

    async process(records) {
      const events = await Promise.all(records.map(decode));
      const duplicate: Event[] = [];
      const handled: Event[] = [];
      await unitOfWork.run(async (tx, open) => {
        const fresh = await claimInbox(tx, events.map(inboxIdOf));
        const deliveries: Delivery[] = [];
        for (const [index, event] of events.entries()) {
          // Deleted as it is taken: the same event may be twice in one chunk.
          if (!fresh.delete(inboxIdOf(event))) {
            duplicate.push(event);
            continue;
          }
          const cause = { causationId: event.id, traceparent: event.traceparent };
          deliveries.push({ event, work: open(cause, () => logOf(event, records[index])) });
          handled.push(event);
        }
        for (const run of runsOf(deliveries)) await run.handler.handle(run.deliveries, tx);
      });
      // Counted after the commit: what was rolled back did not happen.
      for (const { type } of handled) metrics.events.inc({ type: type.type, outcome: 'handled' });
      for (const { type } of duplicate) metrics.events.inc({ type: type.type, outcome: 'duplicate' });
      if (log.isLevelEnabled('debug')) {
        for (const event of handled) logOf(event, records[events.indexOf(event)]).debug('event handled');
      }
    },
  };

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

  async function decode(record: ReceivedRecord): Promise<Event> {
    const event = await codec.decode(record);
    // The inbox knows events by UUIDs. PostgreSQL would refuse another id as well, but as an error like any other.
    if (!UUID.test(event.id)) throw new InvalidHeadersError([`ce_id "${event.id}" is not a UUID`]);
    return event;
  }

  function logOf(event: Event, record: ReceivedRecord | undefined): Logger {
    return log.child({
      group,
      eventId: event.id,
      eventType: event.type.name,
      correlationId: event.correlationId,
      traceId: parseTraceparent(event.traceparent)?.traceId,
      topic: record?.topic,
      partition: record?.partition,
      offset: String(record?.offset),
    });
  }
}

/** As PostgreSQL gives it back: a UUID in capitals is the same one. */
const inboxIdOf = ({ id }: Event): string => id.toLowerCase();

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

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
