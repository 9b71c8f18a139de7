import {
  childTraceparent,
  type EventType,
  parseTraceparent,
  type Topic,
  toHeaders,
  uuidv7,
} from '@brew/events';
import { batchBytes, type Codec, gather, InvalidEventError, type Outcome } from '@brew/kafka';
import { appendOutbox, type Database, isOutage, type OutboxRow, type Tx } from '@brew/postgres';
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
   * @throws InvalidEventError at once when `data` is not what the schema says, or when the whole record is more than its topic takes
   */
  emit<Data>(type: EventType<Data>, data: Data, cause?: Cause): string;
  /** Removes a key from a compacted topic. @throws InvalidEventError when that is more than the topic takes */
  emitTombstone(topic: Topic, key: string): void;
  /** Called after the commit, and not at all if there is none: to wake a worker that finds its work in the tables. */
  onCommit(wake: () => void): void;
}

/** Opens the view of a unit of work that one cause has: several events of a chunk share one transaction. */
type OpenWork = (cause: Cause, log: () => Logger) => Work;

export interface UnitOfWork {
  /** One transaction: `fn`, then everything it emitted into the outbox in one statement. Not begun when `unwanted` is aborted. */
  run<T>(fn: (tx: Tx, open: OpenWork) => Promise<T>, unwanted?: AbortSignal): Promise<T>;
  /** The same for a single cause. */
  transact<T>(cause: Cause, fn: (work: Work) => Promise<T>): Promise<T>;
  /** The same for all who call at about the same time, in one transaction; see gather() of @brew/kafka. */
  together<Item, Result>(
    fn: (requests: readonly Request<Item>[], tx: Tx) => Promise<readonly Outcome<Result>[]>,
  ): (cause: Cause, item: Item) => Promise<Result>;
}

/** What one caller asks for, with what may be done about it. */
export interface Request<Item> {
  item: Item;
  cause: Cause;
  work: Work;
}

export interface UnitOfWorkOptions {
  /** Of the service: the source of its events is /brew/NAME. */
  name: string;
  db: Pick<Database, 'transaction'>;
  codec: Pick<Codec, 'encode'>;
  log: Logger;
  now(): Date;
  /** Called after a commit that left rows in the outbox. */
  onEmitted?(): void;
}

/** What a topic takes that says nothing else of it: Kafka's default of max.message.bytes. */
const DEFAULT_MAX_BYTES = 1024 * 1024 + 12;

/** How many callers share a transaction at most. */
const MAX_CALLS = 200;
/** Under load, those who come within this time share one. */
const PACE_MS = 20;

export function createUnitOfWork(options: UnitOfWorkOptions): UnitOfWork {
  const { name, db, codec, log, now, onEmitted } = options;
  const source = `/brew/${name}`;

  function toRow<Data>(
    type: EventType<Data>,
    data: Data,
    { causationId, traceparent }: Cause,
    id: string,
  ): OutboxRow {
    const key = type.keyOf(data);
    const value = codec.encode(type, data);
    const context = { id, type: type.type, source, time: now(), correlationId: key, causationId };
    const headers = toHeaders({ ...context, traceparent: childTraceparent(traceparent) });
    return fitting(type.name, type.topic, { key, value, headers });
  }

  const logOf = ({ traceparent }: Cause) => log.child({ traceId: parseTraceparent(traceparent)?.traceId });

  const unitOfWork: UnitOfWork = {
    async run(fn, unwanted) {
      const rows: OutboxRow[] = [];
      const wakes = new Set<() => void>();
      const result = await db.transaction(
        async (tx) => {
          const result = await fn(tx, (cause, workLog) => ({
            tx,
            get log() {
              return workLog();
            },
            now,
            emit(type, data, because = cause) {
              const id = uuidv7();
              rows.push(toRow(type, data, because, id));
              return id;
            },
            emitTombstone(topic, key) {
              const headers = { traceparent: childTraceparent(cause.traceparent) };
              rows.push(fitting('tombstone', topic, { key, value: null, headers }));
            },
            onCommit: (wake) => void wakes.add(wake),
          }));
          await appendOutbox(tx, rows);
          return result;
        },
        { signal: unwanted },
      );
      if (rows.length > 0) onEmitted?.();
      for (const wake of wakes) wake();
      return result;
    },

    transact: (cause, fn) => unitOfWork.run((_, open) => fn(open(cause, () => logOf(cause))), cause.unwanted),

    together(fn) {
      type Call = { cause: Cause; item: Parameters<typeof fn>[0][number]['item'] };
      const call = gather(
        (calls: readonly Call[]) =>
          unitOfWork.run((tx, open) =>
            fn(
              calls.map(({ cause, item }) => ({ item, cause, work: open(cause, () => logOf(cause)) })),
              tx,
            ),
          ),
        { limit: MAX_CALLS, paceMs: PACE_MS, concernsAll: isOutage },
      );
      return (cause, item) => call({ cause, item }, { signal: cause.unwanted });
    },
  };
  return unitOfWork;
}

/**
 * The row as it will be sent, with its key and headers: they count, too, for Kafka. @throws InvalidEventError for one that the topic would
 * refuse for ever, and what follows of its key would wait behind it
 */
function fitting(name: string, topic: Topic, row: Omit<OutboxRow, 'topic'>): OutboxRow {
  const bytes = batchBytes(row);
  const most = Number(topic.config['max.message.bytes'] ?? DEFAULT_MAX_BYTES);
  if (bytes > most)
    throw new InvalidEventError(name, [`it has ${bytes} bytes, and ${topic.name} takes ${most}`]);
  return { topic: topic.name, ...row };
}
