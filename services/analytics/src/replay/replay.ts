import { BrewError } from '@brew/events';
import { createReader } from '@brew/kafka/reader';
import type { Position } from '../build/positions.ts';
import type { Projection } from '../projections/projection.ts';
import { type CodedGeneration, liveGenerations } from '../projector/fed.ts';
import { dropGeneration, type Generation } from '../store/generations.ts';
import { type CatchUp, placeOf, type ReplayContext, type Session, startCatchUp } from './catchUp.ts';
import { type Comparison, compareTables, type TableDifference } from './compare.ts';
import { compareWithBefore, compareWithLive, switchTo } from './finish.ts';
import { makePlan, type Plan } from './plan.ts';
import { type Beginning, findBeginning, prepare } from './prepare.ts';

export interface ReplayOptions {
  projections: readonly Projection[];
  beginning: Beginning;
  /** What it ends with. */
  end: /** Says what it would do, and does nothing. */
    | 'plan'
    /** With what there was when it was about to end: what is built is kept, and nothing switched. */
    | 'now'
    /** Says where live and rebuilt tables differ, and removes the rebuilt ones. */
    | 'check'
    /** What was built becomes live. */
    | 'switch';
  /** Whether it becomes live also if it counts something else. */
  acceptDifferences: boolean;
}

/** What is told of a replay as it goes on. */
export interface ReplayListener {
  onPlan(
    plan: Plan & { beginning: Beginning['how']; projections: { name: string; live: string | undefined }[] },
  ): void;
  /** For each partition how far it is, and how far it is to go. */
  onProgress(partitions: readonly ReadPartition[]): void;
  onComparison(comparisons: readonly Comparison[]): void;
  onCheck(tables: readonly TableDifference[]): void;
  onDone(outcome: Outcome): void;
}

export interface ReadPartition {
  topic: string;
  partition: number;
  from: number;
  offset: number;
  until: number;
}

/**
 * `planned`, `built` (and kept), `checked`, `switched`; `different`: what was built counts something else than what is live, and was
 * kept instead of becoming live.
 */
export interface Outcome {
  outcome: 'planned' | 'built' | 'checked' | 'switched' | 'different';
  /** Where the tables are that were built. */
  schemas: string[];
  seconds: number;
}

/**
 * Builds tables anew from the topics while the live ones go on being read.
 * @param session holds the replays' lock
 * @throws HttpProblem when there is nothing to resume; the signal's reason, when it is cancelled: what was built until then is kept
 */
export async function replay(
  context: ReplayContext,
  session: Session,
  options: ReplayOptions,
  listener: ReplayListener,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  const { beginning, end } = options;
  await using reader = createReader({ client: context.client, log: context.log });
  const { projections, begin } = await findBeginning(context, reader, options.projections, beginning);
  const plan = await makePlan(reader, context.topics, { begin, resumed: beginning.how === 'resume' });
  const live = await liveGenerations(context.db, projections);
  const names = projections.map(({ name }) => ({
    name,
    live: live.find(({ projection }) => projection === name)?.schema,
  }));
  listener.onPlan({ ...plan, beginning: beginning.how, projections: names });

  function done(outcome: Outcome['outcome'], built: readonly Generation[]): void {
    const schemas = built.map(({ schema }) => schema);
    const seconds = (performance.now() - begun) / 1_000;
    context.log.info({ outcome, schemas, records: plan.records, seconds }, 'replay ended');
    listener.onDone({ outcome, schemas, seconds });
  }
  if (end === 'plan') return done('planned', []);

  const keepsUnfinished = end === 'check';
  const { generations, before } = await prepare(context, projections, beginning, { begin, keepsUnfinished });
  const progress = createProgress(begin, listener);
  const catchUp = await startCatchUp(context, {
    generations,
    session,
    reader,
    signal,
    onRead: progress.note,
    onGoal: progress.aim,
  });
  if (end === 'now') {
    await catchUp.readToNow();
    return done('built', generations);
  }
  if (end === 'check') {
    listener.onCheck(await check(context, catchUp, generations));
    return done('checked', generations);
  }
  if (beginning.how === 'in place') {
    if (before) {
      await catchUp.readTo(before.positions);
      listener.onComparison(await compareWithBefore(context, generations, before.summaries));
    }
  } else {
    const comparisons = await catchUp.compareWithLive((tx) => compareWithLive(tx, context, generations));
    listener.onComparison(comparisons);
    if (!options.acceptDifferences && comparisons.some(({ different }) => different > 0))
      return done('different', generations);
  }
  await catchUp.switchFromLive((tx) => switchTo(tx, context, generations));
  done('switched', generations);
}

/** Whatever it finds, or keeps it from finding anything: what it built is removed again. */
async function check(
  context: ReplayContext,
  catchUp: CatchUp,
  generations: readonly CodedGeneration[],
): Promise<TableDifference[]> {
  try {
    return await catchUp.compareWithLive(async (tx) => {
      const live = await liveGenerations(tx, context.projections);
      const found: TableDifference[] = [];
      for (const rebuilt of generations) {
        const old = live.find(({ projection }) => projection === rebuilt.projection);
        if (old) found.push(...(await compareTables(tx, rebuilt.code, old, rebuilt)));
      }
      return found;
    });
  } finally {
    await context.db.transaction(async (tx) => {
      for (const generation of generations) await dropGeneration(tx, generation);
    });
  }
}

function createProgress(begin: readonly Position[], { onProgress }: ReplayListener) {
  const partitions = new Map<string, ReadPartition>(
    begin.map(({ topic, partition, offset }) => {
      const from = Number(offset);
      return [placeOf({ topic, partition }), { topic, partition, from, offset: from, until: from }];
    }),
  );
  const tell = () => onProgress([...partitions.values()]);
  return {
    note(at: Position): void {
      const known = partitions.get(placeOf(at));
      if (known) known.offset = Number(at.offset);
      tell();
    },
    aim(goal: readonly Position[]): void {
      for (const at of goal) {
        const known = partitions.get(placeOf(at));
        if (known) known.until = Math.max(known.until, Number(at.offset));
      }
      tell();
    },
  };
}

/** What went wrong, for who asked for the replay. */
export const reasonOf = (error: unknown): string =>
  error instanceof BrewError
    ? error.message
    : `Something unexpected went wrong: ${error instanceof Error ? error.message : String(error)}.`;
