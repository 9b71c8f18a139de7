import type { Codec, DeadLetters } from '@brew/kafka';
import type { Reader, ReadOptions, ReadRange } from '@brew/kafka/reader';
import type { Database, Tx } from '@brew/postgres';
import type { Logger } from 'pino';
import { createOrderBooks, type OrderBooks } from '../orders/orderBooks.ts';
import type { Limits } from '../orders/turnover.ts';
import type { Projection } from '../projections/projection.ts';
import { createIntake } from './intake.ts';
import { createPace } from './pace.ts';
import { createPositions, type Position } from './positions.ts';
import { storePage } from './storePage.ts';
import { createUnreadable } from './unreadable.ts';

export interface BuildOptions {
  /** What is built, each into the schema of a generation. */
  generations: readonly { projection: Projection; schema: string }[];
  /** How far all of them are. */
  positions: readonly Position[];
  /** A connection of its own. */
  client: Tx;
  db: Database;
  reader: Pick<Reader, 'read'>;
  codec: Pick<Codec, 'fieldReader'>;
  deadLetters: Pick<DeadLetters, 'park'>;
  log: Logger;
  /** How many orders are at hand; as a rule as many as come in some minutes of the busiest day. */
  limits?: Limits | undefined;
  /** Called first in each transaction: throws when these generations are not to be written any more. */
  guard?: (tx: Tx) => Promise<void>;
  onStored?(stored: Stored): void;
  /** What it waits for; undefined: nothing any more. */
  onTrouble?(error: unknown): void;
  /** An event of a type that nobody knows. */
  onUnknown?(topic: string, type: string): void;
}

/** What a transaction has stored. */
export interface Stored {
  positions: Position[];
  /** How many events were taken for it, by type. */
  taken: Map<string, number>;
  /** Of how many orders, by projection, something was given up: what they were placed with never came. */
  givenUp: ReadonlyMap<string, number>;
  /** How many orders under way are not at hand, and wait in PostgreSQL. */
  waiting: number;
  /** How long it took to get it ready and to store it. */
  seconds: number;
}

interface Reading {
  /** `from`: where a partition begins for which no position is stored. `until`: exclusive; left out, reading goes on with what comes. */
  ranges: readonly ReadRange[];
  signal: AbortSignal;
  /** Told after each chunk of records. */
  onRead?(position: Position): void;
  /** See ReadOptions. */
  onUnderWay?: ReadOptions['onUnderWay'];
}

/** Reads topics into the tables of projections. Following live events and rebuilding from the beginning are both this. */
export interface Build {
  /** Takes up the orders that the last one had at hand. To be called first. */
  load(): Promise<void>;
  /**
   * Reads ranges, and stores what it reads a few times a second. When it returns, all of it is stored; it may be called again, to go on.
   * @throws BuildSupersededError, what the reader and PostgreSQL throw, the signal's reason. Then what was not stored is forgotten, and
   *   so is this build: the next one begins with what is stored
   */
  read(reading: Reading): Promise<void>;
  /**
   * Learns what another generation, which is exactly as far, knows of orders and the one in `schema` does not, and stores it. What that
   * generation has counted of them stays its own.
   */
  adopt(tx: Tx, schema: string, other: { schema: string; columns: readonly string[] }): Promise<void>;
  /** Forgets orders that are under way in none of these other generations, which are exactly as far; see OrderBooks. */
  leaveEnded: OrderBooks['leaveEnded'];
}

/**
 * With no more records than these still to come, a third of a second, reports are to show them at once. What was read before is then stored
 * while they are read, and little is left to be stored after them.
 */
const ALMOST_THERE = 100_000;

export function createBuild(options: BuildOptions): Build {
  const { client, reader, db, log } = options;
  const orders = createOrderBooks(options.generations, options.limits);
  const unreadable = createUnreadable({ db, deadLetters: options.deadLetters, log });
  const positions = createPositions(options.positions);
  const pace = createPace();
  const intake = createIntake(orders.desk, orders.books, options.codec, {
    onTaken: orders.touch,
    onEnded: orders.end,
    async onUnreadable(records, error, signal) {
      unreadable.note(records.received(), error);
      if (unreadable.isFull) await unreadable.relieve(signal);
    },
    onUnknown: (topic, type) => options.onUnknown?.(topic, type),
    onTrouble: (error) => options.onTrouble?.(error),
  });
  let storing: Promise<void> = Promise.resolve();

  /** Gets ready what was read, and has it stored while reading goes on. One at a time. */
  async function flush(ending: AbortController): Promise<void> {
    await storing;
    const begun = performance.now();
    pace.begin();
    const letters = unreadable.page();
    const page = {
      pages: await orders.turnPage(),
      schemas: options.generations.map(({ schema }) => schema),
      moves: positions.moves(),
      guard: options.guard,
      alongside: letters.store,
    };
    const { waiting } = orders;
    const stored = { positions: positions.all(), taken: intake.counts(), givenUp: orders.givenUp(), waiting };

    async function store(): Promise<void> {
      await letters.park(ending.signal);
      await storePage(client, page);
      pace.end();
      options.onStored?.({ ...stored, seconds: (performance.now() - begun) / 1_000 });
    }
    storing = store();
    // Also when nothing comes any more that would have to be stored after it.
    storing.catch((error: unknown) => ending.abort(error));
  }

  return {
    load: () => orders.load(client),
    adopt: orders.adopt,
    leaveEnded: orders.leaveEnded,

    async read({ ranges, signal, onRead, onUnderWay }) {
      const own = ranges.map(({ from, ...range }) => ({
        ...range,
        from: positions.of(range.topic, range.partition) ?? from,
      }));
      for (const { topic, partition, from, until } of own) positions.move(topic, partition, from, until);
      const ending = new AbortController();
      const either = AbortSignal.any([signal, ending.signal]);
      const chunks = reader.read(own, {
        signal: either,
        onUnreadable: (error) => unreadable.noteBatch(error),
        onUnderWay,
      });
      let next = ask();
      try {
        for (;;) {
          const arrived = await Promise.race([next, pace.due()]);
          if (arrived?.done) break;
          if (arrived) {
            const { topic, partition, nextOffset, endOffset } = arrived.value;
            // Its topic was given it meanwhile: it is read from its beginning.
            if (positions.of(topic, partition) === undefined) positions.move(topic, partition, 0n, endOffset);
            if (orders.waiting > 0) {
              // Those that just leave are to be found as well.
              await storing;
              await orders.recall(client, arrived.value.again());
            }
            await intake.take(arrived.value, either);
            orders.clear();
            pace.note(positions.move(topic, partition, nextOffset, endOffset));
            onRead?.({ topic, partition, offset: nextOffset });
            next = ask();
          }
          if (unreadable.isFull || orders.isFull || pace.isDue(positions.left() > ALMOST_THERE))
            await flush(ending);
        }
        await flush(ending);
        await storing;
      } finally {
        pace.stop();
        // A reader that waits for records would not hear of being left.
        ending.abort();
        await Promise.allSettled([next, storing]);
        await chunks.return();
      }

      /** Also when it fails while PostgreSQL is waited for: the error comes out where records are. */
      function ask() {
        const asked = chunks.next();
        asked.catch(() => {});
        return asked;
      }
    },
  };
}
