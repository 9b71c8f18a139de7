import { BrewError } from '@brew/events';
import type { Reader } from '@brew/kafka/reader';
import { isOutage } from '@brew/postgres';
import { HttpProblem } from '@brew/service';
import type { Position } from '../build/positions.ts';
import { type CodedGeneration, fedOf, liveGenerations } from '../projector/fed.ts';
import { isLoss } from '../projector/shorterLogs.ts';
import { dropUnread } from '../store/dropUnread.ts';
import type { Generation } from '../store/generations.ts';
import { type CatchUp, type ReplayContext, type Session, startCatchUp } from './catchUp.ts';
import type { Comparison } from './compare.ts';
import { switchTo } from './finish.ts';
import { endsSince, type Plan } from './plan.ts';
import { type Beginning, type Planned, prepare } from './prepare.ts';
import { notComparable, type Pair, type SettleOptions, settle } from './settle.ts';
import { distanceOf, placeOf, standOf, type TopicsNow, topicsNow } from './stand.ts';

export interface ReplayOptions {
  /** What it ends with. */
  end: /** Says what it would do, and does nothing. */
    | 'plan'
    /** With what there was when it was about to end: what is built is kept, and nothing switched. */
    | 'now'
    /** Says where live and rebuilt tables differ, and removes the rebuilt ones. */
    | 'check'
    /** What was built becomes live. */
    | 'switch';
  /** Whether it becomes live also if it counts something else; `unless less`: as long as nothing is gone by that. */
  acceptDifferences: boolean | 'unless less';
}

/** What is told of a replay as it goes on. */
export interface ReplayListener {
  onPlan(plan: Plan & { beginning: Beginning['how'] }): void;
  /** From now on there is something that can be gone on with. */
  onPrepared(): void;
  /** For each partition how far it is, and how far it is to go. */
  onProgress(partitions: readonly ReadPartition[]): void;
  onComparison(comparisons: readonly Comparison[]): void;
  /** Who reads the tables that are to be switched, in words: they are not waited for, but tried again. */
  onHeld(sessions: readonly string[]): void;
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
 * `planned`, `built` (and kept), `checked`, `switched`, `replaced` (switched, and the tables before are removed); `different`: what was built counts something else than what is live, and was
 * kept instead of becoming live.
 */
export interface Outcome {
  outcome: 'planned' | 'built' | 'checked' | 'switched' | 'replaced' | 'different';
  /** Where the tables are that were built. */
  schemas: string[];
  seconds: number;
}

/**
 * Builds tables anew from the topics while the live ones go on being read.
 * @param session holds the replays' lock
 * @throws the signal's reason, when it is cancelled: what was built until then is kept
 */
export async function replay(
  context: ReplayContext,
  { session, reader }: { session: Session; reader: Reader },
  planned: Planned,
  { end, acceptDifferences }: ReplayOptions,
  listener: ReplayListener,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  const { beginning, plan } = planned;
  listener.onPlan({ ...plan, beginning: beginning.how });

  function done(outcome: Outcome['outcome'], built: readonly Generation[]): void {
    const schemas = built.map(({ schema }) => schema);
    const seconds = (performance.now() - begun) / 1_000;
    context.log.info({ outcome, schemas, records: plan.records, seconds }, 'replay ended');
    listener.onDone({ outcome, schemas, seconds });
  }
  if (end === 'plan') return done('planned', []);

  const generations = await prepare(context, session, planned, { keepsUnfinished: end === 'check' });
  listener.onPrepared();

  async function build(): Promise<Outcome['outcome']> {
    const progress = createProgress(planned.begin, listener);
    const told = { onHeld: listener.onHeld, onRead: progress.note, onGoal: progress.aim };
    const catchUp = await startCatchUp(context, { generations, session, reader, signal, ...told });
    const [live, now] = [
      await liveGenerations(context.db, context.projections),
      await topicsNow(reader, context.topics),
    ];
    const stops = await stopsOf(context, generations, live, now);
    const ends = await endsSince(context, { reader, live, now });
    const last = end === 'now' ? stops.pop() : undefined;
    const refused = acceptDifferences === 'unless less' ? 'less' : 'different';
    const accepts = (comparisons: readonly Comparison[]) =>
      end === 'check' || acceptDifferences === true || comparisons.every((one) => one[refused] === 0);
    const comparisons = await meetAll(catchUp, stops, { accepts, endsSince: ends });
    if (end !== 'now' || comparisons.length > 0) listener.onComparison(comparisons);
    if (end === 'check') return 'checked';
    if (!accepts(comparisons)) return 'different';
    if (end === 'now') {
      if (last) await catchUp.readTo(last.map(({ live }) => live));
      return 'built';
    }
    const replaces = beginning.how === 'in place';
    await catchUp.switchFromLive((tx) => switchTo(tx, context, generations, { replaces }));
    return replaces ? 'replaced' : 'switched';
  }
  const outcome = await build().finally(async () => {
    // Whatever it has found, or what kept it from finding anything.
    if (end !== 'check') return;
    for (const generation of generations)
      await dropUnread(context.db, generation, 'After that: npx brew replay analytics --prune');
  });
  done(outcome, generations);
}

/**
 * Where it meets live generations: those that are at the same place together, and the furthest last. As a rule all of them are; but
 * one that was made by another version of the code is where live events were when that ended.
 */
async function stopsOf(
  { db }: ReplayContext,
  generations: readonly CodedGeneration[],
  all: readonly CodedGeneration[],
  now: TopicsNow,
): Promise<Pair[][]> {
  const fed = new Set(fedOf(all).map(({ schema }) => schema));
  const stops = new Map<string, { distance: number; pairs: Pair[] }>();
  for (const built of generations) {
    const live = all.find(({ projection }) => projection === built.projection);
    if (live === undefined) continue;
    const stand = await standOf(db, live, now);
    const isFed = fed.has(live.schema);
    const place = isFed ? 'fed' : stand.map((at) => `${placeOf(at)}/${at.offset}`).join();
    const stop = stops.get(place) ?? {
      distance: isFed ? Number.POSITIVE_INFINITY : distanceOf(stand),
      pairs: [],
    };
    stop.pairs.push({ built, live });
    stops.set(place, stop);
  }
  return [...stops.values()].sort((a, b) => a.distance - b.distance).map(({ pairs }) => pairs);
}

/** Ends early where something is found that is not accepted. */
async function meetAll(
  catchUp: CatchUp,
  stops: readonly Pair[][],
  options: SettleOptions,
): Promise<Comparison[]> {
  const all: Comparison[] = [];
  for (const pairs of stops) {
    const live = pairs.map((pair) => pair.live);
    await catchUp.meet(live, async (tx, isThere) => {
      if (!isThere) {
        const unfinished = pairs.find(({ built }) => !built.whole);
        if (unfinished) throw notComparable(unfinished.built);
        return;
      }
      all.push(...(await settle(tx, catchUp, pairs, options)));
    });
    if (!options.accepts(all)) break;
  }
  return all;
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

/** What helps after something went wrong: to go on, to begin anew, or what the reason itself says (null). */
export function nextAfter(error: unknown, isPrepared: boolean): 'resume' | 'anew' | null {
  if (error instanceof HttpProblem) return null;
  return isPrepared && !isLoss(error) ? 'resume' : 'anew';
}

/** What went wrong, for who asked for the replay. */
export function reasonOf(error: unknown): string {
  if (error instanceof BrewError) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `${isOutage(error) ? 'PostgreSQL went away' : 'Something unexpected went wrong'}: ${message}.`;
}
