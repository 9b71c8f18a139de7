import type { EventType } from '@brew/events';
import { BrokerUnavailableError, backoff, delay } from '@brew/kafka';
import type { Reader } from '@brew/kafka/reader';
import type { Tx } from '@brew/postgres';
import type { ServiceContext } from '@brew/service';
import { type Build, createBuild } from '../build/build.ts';
import { isAt, type Position } from '../build/positions.ts';
import type { Limits } from '../orders/turnover.ts';
import type { Projection } from '../projections/projection.ts';
import { type CodedGeneration, fedOf, liveGenerations } from '../projector/fed.ts';
import { topicIdsOf } from '../store/generations.ts';
import { holdLive, isHeld, lockSwitch, sessionsIn, waitBriefly } from '../store/locks.ts';
import { placeOf, standOf, topicsNow } from './stand.ts';

/** What replays are made with. */
export interface ReplayContext
  extends Pick<ServiceContext, 'client' | 'db' | 'codec' | 'deadLetters' | 'log'> {
  projections: readonly Projection[];
  topics: readonly string[];
  /** The topic that an event is on. */
  topicOf(type: EventType): string;
  /** See BuildOptions. */
  limits?: Limits | undefined;
}

/** What a statement of a replay may take: it compares whole tables, and stores large pages. */
export const REPLAY_STATEMENT_MS = 10 * 60_000;

/** A connection of its own, which holds the replays' lock. */
export type Session = Awaited<ReturnType<ServiceContext['db']['connect']>>;

export interface CatchUpOptions {
  /** What is built, all of it from the same positions. */
  generations: readonly CodedGeneration[];
  session: Session;
  reader: Reader;
  signal: AbortSignal;
  /** Told of each chunk that was read. */
  onRead?(at: Position): void;
  /** Told how far it is to read, whenever that changes. */
  onGoal?(goal: readonly Position[]): void;
  /** Told who keeps it from switching, each time that it has tried. */
  onHeld?(sessions: readonly string[]): void;
}

export interface CatchUp {
  /** Reads up to where these live ones are now. */
  readTo(live: readonly CodedGeneration[]): Promise<void>;
  /**
   * Reads until it is exactly where these live ones are, and looks at both as they are then.
   * @param look is given a transaction that sees them like that for as long as it takes, and commits what it writes; live events go on
   *   meanwhile. `isThere`: false if what is built had been read further than that before
   */
  meet(live: readonly CodedGeneration[], look: (tx: Tx, isThere: boolean) => Promise<void>): Promise<void>;
  /** See Build. */
  adopt: Build['adopt'];
  leaveEnded: Build['leaveEnded'];
  /** Reads until it is exactly where live events are read, and has `change` change in a transaction what is live. */
  switchFromLive(change: (tx: Tx) => Promise<void>): Promise<void>;
}

/** So many records are read in a moment: for as long live events wait. */
const CLOSE = 2_000;
/** How long they wait at most, in milliseconds. */
const MEETING_MS = 10_000;
const HELD_RETRY = { initialMs: 1_000, maxMs: 10_000 };

/** Builds generations up to where live ones are. Never beyond: so they can be compared, and take their place. */
export async function startCatchUp(context: ReplayContext, options: CatchUpOptions): Promise<CatchUp> {
  const { db, projections, topics, log } = context;
  const { generations, session, reader, signal, onRead, onGoal, onHeld } = options;
  const begin = generations[0]?.positions ?? [];
  const build = createBuild({
    ...context,
    generations: generations.map(({ code, schema }) => ({ projection: code, schema })),
    positions: begin,
    client: session,
    reader,
  });
  await build.load();
  const topicIds = await topicIdsOf(db, generations, await reader.topicIds(topics));
  const reached = new Map(begin.map((at) => [placeOf(at), at.offset]));
  const reachedAt = (at: Place) => reached.get(placeOf(at)) ?? 0n;

  type Goal = (tx: Tx) => Promise<readonly Position[]>;

  /** Where these are; all of them are at the same place. */
  const standOfLive =
    (wanted: readonly CodedGeneration[]): Goal =>
    async (tx) => {
      const names = wanted.map(({ projection }) => projection);
      const [first] = (await liveGenerations(tx, projections)).filter((one) =>
        names.includes(one.projection),
      );
      return first ? standOf(tx, first, await topicsNow(reader, topics)) : [];
    };

  /** As far as the topics go, when there are no live ones, or they can't go on because what comes next was deleted. */
  const standOfFed: Goal = async (tx) => {
    const [first] = fedOf(await liveGenerations(tx, projections));
    const stand = first && (await standOf(tx, first, await topicsNow(reader, topics)));
    const canGoOn = first && stand && first.positions.length > 0 && isAt(stand, first.positions);
    return canGoOn ? stand : reader.offsets(topics, 'latest');
  };

  const left = (goal: readonly Position[]) =>
    goal.reduce((sum, at) => sum + Math.max(0, Number(at.offset - reachedAt(at))), 0);

  function rangeTo({ offset, ...at }: Position) {
    const from = reachedAt(at);
    return { ...at, from, until: offset < from ? from : offset, topicId: topicIds.get(at.topic) };
  }

  async function readTo(goal: readonly Position[], limit: AbortSignal): Promise<void> {
    onGoal?.(goal);
    await build.read({
      ranges: goal.map((at) => rangeTo(at)),
      signal: limit,
      onRead(at) {
        reached.set(placeOf(at), at.offset);
        onRead?.(at);
      },
    });
  }

  /** In the moment in which both are equally far, live events wait. */
  async function meetAt(
    goalOf: Goal,
    hold: (tx: Tx) => Promise<void>,
    meeting: (tx: Tx, goal: readonly Position[]) => Promise<void>,
  ): Promise<void> {
    do await readTo(await goalOf(db), signal);
    while (left(await goalOf(db)) > CLOSE);
    await db.transaction(
      async (tx) => {
        await hold(tx);
        const goal = await goalOf(tx);
        const late = AbortSignal.timeout(MEETING_MS);
        await readTo(goal, AbortSignal.any([signal, late])).catch((error: unknown) => {
          throw late.aborted ? new BrokerUnavailableError('read the last records in time', error) : error;
        });
        await meeting(tx, goal);
      },
      { signal },
    );
  }

  return {
    readTo: async (live) => readTo(await standOfLive(live)(db), signal),
    async meet(live, look) {
      const snapshot = await db.connect({ statementMs: REPLAY_STATEMENT_MS, signal });
      try {
        let isThere = false;
        await meetAt(standOfLive(live), holdLive, async (_tx, goal) => {
          await snapshot.query('begin isolation level repeatable read');
          // What it sees is what there is with its first statement.
          await snapshot.query('select number from switches');
          isThere = goal.every((at) => reachedAt(at) === at.offset);
        });
        await look(snapshot, isThere);
        await snapshot.query('commit');
      } finally {
        await snapshot.end();
      }
    },
    adopt: build.adopt,
    leaveEnded: build.leaveEnded,
    async switchFromLive(change) {
      for (let failures = 1; ; failures++) {
        try {
          await meetAt(standOfFed, lockSwitch, async (tx) => {
            await waitBriefly(tx);
            await change(tx);
          });
          return;
        } catch (error) {
          if (!isHeld(error)) throw error;
          const holders = await sessionsIn(
            db,
            projections.map(({ name }) => name),
          );
          log.warn({ holders }, 'others read the tables that are to be switched: trying again');
          onHeld?.(holders);
          await delay(backoff(failures, HELD_RETRY, Math.random()), signal);
          signal.throwIfAborted();
        }
      }
    },
  };
}

type Place = Pick<Position, 'topic' | 'partition'>;
