import { delay } from '@brew/kafka';
import type { Reader } from '@brew/kafka/reader';
import type { Session } from '@brew/postgres';
import { counter, createUnknownTypes, GivesWayError, gauge, type ServiceContext } from '@brew/service';
import { createBuild, type Stored } from '../build/build.ts';
import { BuildSupersededError } from '../errors.ts';
import type { Limits } from '../orders/turnover.ts';
import type { Projection } from '../projections/projection.ts';
import { beginAt, noteShorterLogs, topicIdsOf } from '../store/generations.ts';
import { lastSwitch, shareSwitch } from '../store/locks.ts';
import { fedOf, liveGenerations } from './fed.ts';
import { createLagReport } from './lag.ts';
import { assertNoneShorter, isLoss } from './shorterLogs.ts';

const LOOK_MS = 500;

/** What is read into live tables. */
export interface FeedOptions {
  projections: readonly Projection[];
  topics: readonly string[];
  /** See BuildOptions. */
  limits?: Limits | undefined;
}

export interface FeedListener {
  /** All that was stored is loaded: from here on it tries to read. */
  onReading(): void;
  /** @param error what keeps it from getting on; undefined: nothing does any more */
  onTrouble(error: unknown): void;
}

export interface Feed {
  /**
   * Reads until other tables become live.
   * @param session of whose turn it is
   * @param number of the switch that made live what is live
   */
  run(session: Session, number: bigint, signal: AbortSignal): Promise<void>;
  /** Tells Kafka nothing more. */
  stop(): void;
}

/** What the instance does whose turn it is: reads events into the live tables, and counts what becomes of them. */
export function createFeed(
  context: ServiceContext,
  { projections, topics, limits }: FeedOptions,
  reader: Reader,
  { onReading, onTrouble }: FeedListener,
): Feed {
  const { name, db, codec, deadLetters, metrics, log } = context;
  const unknownTypes = createUnknownTypes(context);
  const lag = createLagReport({ reader, group: name, log });
  let waiting = 0;
  const givenUp = counter(
    metrics,
    'brew_orders_given_up_total',
    'Orders that ended without what they were placed with, and are not counted, by projection',
    ['projection'],
  );
  // increase() sees only what comes after a first sample.
  for (const projection of projections) givenUp.inc({ projection: projection.name }, 0);
  gauge(
    metrics,
    'brew_orders_waiting',
    'Orders under way that are kept in PostgreSQL, not in memory',
    () => waiting,
  );

  async function run(session: Session, number: bigint, signal: AbortSignal): Promise<void> {
    const fed = fedOf(await liveGenerations(db, projections));
    if (fed.length === 0) return untilSwitched(number, signal);
    const topicIds = await reader.topicIds(topics);
    const starts = await reader.offsets(topics, 'earliest');
    const [{ positions: stored } = { positions: [] }] = fed;
    // Put down at once, so that whoever builds others beside them knows how far these are.
    if (stored.length === 0) {
      await db.transaction(async (tx) => {
        for (const generation of fed) await beginAt(tx, generation, starts, topicIds);
      });
    }
    const ids = await topicIdsOf(db, fed, topicIds);
    const positions = stored.length > 0 ? stored : starts;
    const build = createBuild({
      generations: fed.map(({ code, schema }) => ({ projection: code, schema })),
      positions,
      client: session,
      db,
      reader,
      codec,
      // Who was frozen sends nothing any more.
      deadLetters: {
        async park(letters) {
          if (!(await session.isHeld())) throw new GivesWayError('PostgreSQL may have ended the session');
          return await deadLetters.park(letters);
        },
      },
      log,
      limits,
      guard: async (tx) => {
        if ((await shareSwitch(tx)) !== number) throw new BuildSupersededError('what was live');
      },
      onStored,
      onUnknown: unknownTypes.note,
      onTrouble,
    });
    await build.load();
    onReading();
    const ranges = starts.map(({ topic, partition, offset }) => ({
      ...{ topic, partition, from: offset },
      topicId: ids.get(topic),
    }));
    lag.note(positions);
    try {
      await assertNoneShorter(db, reader, topics, fed);
      // Not before: what kept it from reading may still be so.
      await build.read({ ranges, signal, onUnderWay: () => onTrouble(undefined) });
    } catch (error) {
      if (isLoss(error)) {
        // It may have grown until reading begins again.
        const ends = error.shorterLog ? [error.shorterLog] : [];
        for (const generation of fed) await noteShorterLogs(db, generation, ends);
      }
      if (!(error instanceof BuildSupersededError)) throw error;
      log.info('the live tables were switched: going on with those that are live now');
    }
  }

  /** There is nothing to read events into at the moment: all live tables are just being built. */
  async function untilSwitched(number: bigint, signal: AbortSignal): Promise<void> {
    while ((await lastSwitch(db)) === number) {
      await delay(LOOK_MS, signal);
      signal.throwIfAborted();
    }
  }

  function onStored({ positions, taken, seconds, ...stored }: Stored): void {
    onTrouble(undefined);
    waiting = stored.waiting;
    for (const [projection, orders] of stored.givenUp) {
      givenUp.inc({ projection }, orders);
      log.warn({ projection, orders }, 'orders ended without what they were placed with: not counted');
    }
    for (const [type, count] of taken) if (count > 0) metrics.events.inc({ type, outcome: 'handled' }, count);
    metrics.chunkSeconds.observe({ group: name, outcome: 'handled' }, seconds);
    lag.note(positions);
  }

  return { run, stop: lag.stop };
}
