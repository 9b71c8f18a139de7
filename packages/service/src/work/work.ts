import {
  BrewError,
  childTraceparent,
  type EventType,
  parseTraceparent,
  type Topic,
  toHeaders,
  uuidv7,
} from '@brew/events';
import type { Codec } from '@brew/kafka';
import { appendOutbox, type Database, type OutboxRow, type Tx } from '@brew/postgres';
import type { Logger } from 'pino';
import type { Cause } from './cause.ts';

/** What a handler or command works with: one transaction, and the events that are published if it commits. */
export interface Work {
  tx: Tx;
  log: Logger;
  now(): Date;
  /**
   * Puts an event in the outbox of this transaction, as the consequence of `cause` (that of the work, when left out).
   * Changes nothing if the transaction rolls back.
   *
   * @returns the event's id
   * @throws InvalidEventError at once when `data` is not what the schema says
   */
  emit<Data>(type: EventType<Data>, data: Data, cause?: Cause): string;
  /** Removes a key from a compacted topic. */
  emitTombstone(topic: Topic, key: string): void;
}

/** Opens the view of a unit of work that one cause has: several events of a chunk share one transaction. */
type OpenWork = (cause: Cause, log: Logger) => Work;

export interface UnitOfWork {
  /** One transaction: `fn`, then everything it emitted into the outbox in one statement. */
  run<T>(fn: (tx: Tx, open: OpenWork) => Promise<T>): Promise<T>;
  /** The same for a single cause. */
  transact<T>(cause: Cause, fn: (work: Work) => Promise<T>): Promise<T>;
}

export interface UnitOfWorkOptions {
  /** Of the service: the source of its events is /brew/NAME. */
  name: string;
  db: Pick<Database, 'transaction'>;
  codec: Pick<Codec, 'encode'>;
  log: Logger;
  now(): Date;
}

/** Topics take 1 MiB. A larger record would be refused for ever, and everything behind it in the outbox would wait. */
const MAX_VALUE_BYTES = 900_000;

export function createUnitOfWork({ name, db, codec, log, now }: UnitOfWorkOptions): UnitOfWork {
  const source = `/brew/${name}`;

  function toRow<Data>(
    type: EventType<Data>,
    data: Data,
    { causationId, traceparent }: Cause,
    id: string,
  ): OutboxRow {
    const key = type.keyOf(data);
    const value = codec.encode(type, data);
    if (value.length > MAX_VALUE_BYTES) {
      throw new BrewError(
        'BREW_EVENT_INVALID',
        `A ${type.name} of ${value.length} bytes is more than its topic takes.`,
      );
    }
    const context = { id, type: type.type, source, time: now(), correlationId: key, causationId };
    const headers = toHeaders({ ...context, traceparent: childTraceparent(traceparent) });
    return { topic: type.topic.name, key, value, headers };
  }

  const unitOfWork: UnitOfWork = {
    run: (fn) =>
      db.transaction(async (tx) => {
        const rows: OutboxRow[] = [];
        const result = await fn(tx, (cause, workLog) => ({
          tx,
          log: workLog,
          now,
          emit(type, data, because = cause) {
            const id = uuidv7();
            rows.push(toRow(type, data, because, id));
            return id;
          },
          emitTombstone(topic, key) {
            rows.push({
              topic: topic.name,
              key,
              value: null,
              headers: { traceparent: childTraceparent(cause.traceparent) },
            });
          },
        }));
        await appendOutbox(tx, rows);
        return result;
      }),

    transact: (cause, fn) =>
      unitOfWork.run((_, open) =>
        fn(open(cause, log.child({ traceId: parseTraceparent(cause.traceparent)?.traceId }))),
      ),
  };
  return unitOfWork;
}
