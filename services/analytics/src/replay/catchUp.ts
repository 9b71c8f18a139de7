import { BrokerUnavailableError } from '@brew/kafka';
import type { Reader } from '@brew/kafka/reader';
import type { Tx } from '@brew/postgres';
import type { ServiceContext } from '@brew/service';
import { createBuild } from '../build/build.ts';
import type { Position } from '../build/positions.ts';
import type { Projection } from '../projections/projection.ts';
import { type CodedGeneration, fedOf, liveGenerations } from '../projector/fed.ts';
import { holdLive, lockSwitch } from '../store/locks.ts';

/** What replays are made with. */
export interface ReplayContext
  extends Pick<ServiceContext, 'client' | 'db' | 'codec' | 'deadLetters' | 'log'> {
  projections: readonly Projection[];
  topics: readonly string[];
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
}

export interface CatchUp {
  readTo(goal: readonly Position[]): Promise<void>;
  /** Reads up to where the live ones are now. */
  readToNow(): Promise<void>;
  /**
   * Reads until it is exactly where the live ones are, and looks at both as they are then.
   * @param look is given a transaction that sees them like that for as long as it takes; live events go on meanwhile
   */
  compareWithLive<Result>(look: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** Reads until it is exactly where the live ones are, and has `change` change in a transaction what is live. */
  switchFromLive(change: (tx: Tx) => Promise<void>): Promise<void>;
}

/** So many records are read in a moment: for as long live events wait. */
const CLOSE = 2_000;
/** How long they wait at most, in milliseconds. */
const MEETING_MS = 10_000;

/** Builds generations up to where the live ones are. Never beyond: so they can be compared, and take their place. */
export async function startCatchUp(context: ReplayContext, options: CatchUpOptions): Promise<CatchUp> {
  const { db, projections, topics } = context;
  const { generations, session, reader, signal, onRead, onGoal } = options;
  const begin = generations[0]?.positions ?? [];
  const build = createBuild({
    ...context,
    generations: generations.map(({ code, schema }) => ({ projection: code, schema })),
    positions: begin,
    client: session,
    reader,
  });
  await build.load();
  const reached = new Map(begin.map((at) => [placeOf(at), at.offset]));
  const reachedAt = (at: Place) => reached.get(placeOf(at)) ?? 0n;

  /** As far as the topics go, when there are no live ones, or they can't go on because what comes next was deleted. */
  async function goalOf(tx: Tx): Promise<readonly Position[]> {
    const [{ positions } = { positions: [] }] = fedOf(await liveGenerations(tx, projections));
    const earliest = await reader.offsets(topics, 'earliest');
    const isThere = (at: Position) =>
      earliest.every((one) => placeOf(one) !== placeOf(at) || one.offset <= at.offset);
    const canGoOn = positions.length > 0 && positions.every(isThere);
    return canGoOn ? positions : reader.offsets(topics, 'latest');
  }

  const left = (goal: readonly Position[]) =>
    goal.reduce((sum, at) => sum + Math.max(0, Number(at.offset - reachedAt(at))), 0);

  function rangeTo({ offset, ...at }: Position) {
    const from = reachedAt(at);
    return { ...at, from, until: offset < from ? from : offset };
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
  async function meetLive(isSwitch: boolean, meeting: (tx: Tx) => Promise<void>): Promise<void> {
    do await readTo(await goalOf(db), signal);
    while (left(await goalOf(db)) > CLOSE);
    await db.transaction(async (tx) => {
      await (isSwitch ? lockSwitch(tx) : holdLive(tx));
      const late = AbortSignal.timeout(MEETING_MS);
      await readTo(await goalOf(tx), AbortSignal.any([signal, late])).catch((error: unknown) => {
        throw late.aborted ? new BrokerUnavailableError('read the last records in time', error) : error;
      });
      await meeting(tx);
    });
  }

  return {
    readTo: (goal) => readTo(goal, signal),
    readToNow: async () => readTo(await goalOf(db), signal),
    async compareWithLive(look) {
      const snapshot = await db.connect({ statementMs: REPLAY_STATEMENT_MS });
      try {
        await meetLive(false, async () => {
          await snapshot.query('begin isolation level repeatable read read only');
          // What it sees is what there is with its first statement.
          await snapshot.query('select number from switches');
        });
        return await look(snapshot);
      } finally {
        await snapshot.end();
      }
    },
    switchFromLive: (change) => meetLive(true, change),
  };
}

type Place = Pick<Position, 'topic' | 'partition'>;
export const placeOf = ({ topic, partition }: Place) => `${topic}/${partition}`;
