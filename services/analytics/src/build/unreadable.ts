import {
  backoff,
  createHolding,
  type DeadLetters,
  delay,
  MOST_HELD,
  type ReceivedRecord,
  type UnreadableBatchError,
} from '@brew/kafka';
import type { Database, Tx } from '@brew/postgres';
import type { Logger } from 'pino';

/** Records that nobody can read. Each goes to the dead letters once, however often the topics are read. */
export interface Unreadable {
  note(record: ReceivedRecord, error: unknown): void;
  /** A batch that nobody can read: its letter has nothing of it but where it lies. */
  noteBatch(error: UnreadableBatchError): void;
  /** There is so much of it that it should go to the dead letters now. */
  readonly isFull: boolean;
  /** Has it go there, before more is read. @throws when `signal` is aborted */
  relieve(signal: AbortSignal): Promise<void>;
  /** Takes out what was noted. */
  page(): UnreadablePage;
}

interface UnreadablePage {
  /** Sends what the dead letters don't have, and waits for as long as they take nothing. @throws when `signal` is aborted */
  park(signal: AbortSignal): Promise<void>;
  /** Remembers, in the transaction that moves the positions, that they were sent. */
  store(tx: Tx): Promise<void>;
}

interface Note {
  record: ReceivedRecord;
  error: unknown;
  at: Date;
}

const RETRY = { initialMs: 200, maxMs: 5_000 };
const MOST_NOTED = 1_000;

export function createUnreadable(options: {
  db: Database;
  deadLetters: Pick<DeadLetters, 'park'>;
  log: Logger;
}): Unreadable {
  const { db, deadLetters, log } = options;
  let noted: Note[] = [];
  let holding = createHolding();

  function note(record: ReceivedRecord, error: unknown): void {
    noted.push({ record, error, at: new Date() });
    holding.add(record);
  }

  async function park(notes: readonly Note[], signal: AbortSignal): Promise<void> {
    const letters = notes.map(({ record, error, at }) => ({
      record,
      failure: { reason: 'failed', error, attempts: 1, firstFailedAt: at, lastFailedAt: at } as const,
    }));
    for (let failures = 1; ; failures++) {
      try {
        await deadLetters.park(letters);
        return;
      } catch (reason) {
        log.warn({ err: reason, failures }, 'the dead letters take nothing: waiting for them');
        await delay(backoff(failures, RETRY, Math.random()), signal);
        signal.throwIfAborted();
      }
    }
  }

  return {
    note,
    noteBatch(error) {
      const { topic, partition, from } = error;
      const nothing = { key: null, value: null, headers: {}, timestamp: new Date() };
      note({ topic, partition, offset: from, ...nothing }, error);
    },
    get isFull() {
      return noted.length >= MOST_NOTED || holding.bytes >= MOST_HELD;
    },
    async relieve(signal) {
      const page = takeOut();
      await page.park(signal);
      await page.store(db);
    },
    page: takeOut,
  };

  function takeOut(): UnreadablePage {
    const notes = noted;
    noted = [];
    holding = createHolding();
    return {
      async park(signal) {
        if (notes.length === 0) return;
        const sent = await sentBefore(db, notes);
        const left = notes.filter(({ record }) => !sent.has(placeOf(record)));
        if (left.length > 0) await park(left, signal);
      },
      async store(tx) {
        if (notes.length === 0) return;
        await tx.query(
          `insert into dead_letters (topic, partition, record_offset)
             select * from unnest($1::text[], $2::int[], $3::bigint[]) on conflict do nothing`,
          placesOf(notes),
        );
      },
    };
  }
}

async function sentBefore(db: Tx, notes: readonly Note[]): Promise<Set<string>> {
  const { rows } = await db.query<{ topic: string; partition: number; offset: string }>(
    `select topic, partition, record_offset as offset from dead_letters
     where (topic, partition, record_offset) in (select * from unnest($1::text[], $2::int[], $3::bigint[]))`,
    placesOf(notes),
  );
  return new Set(rows.map(placeOf));
}

const placeOf = ({ topic, partition, offset }: { topic: string; partition: number; offset: unknown }) =>
  `${topic}/${partition}/${offset}`;

const placesOf = (notes: readonly Note[]) => [
  notes.map(({ record }) => record.topic),
  notes.map(({ record }) => record.partition),
  notes.map(({ record }) => String(record.offset)),
];
