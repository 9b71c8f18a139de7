import type { Reader } from '@brew/kafka/reader';
import type { Tx } from '@brew/postgres';
import { problem } from '@brew/service';
import { isAt, type Position } from '../build/positions.ts';
import type { Projection } from '../projections/projection.ts';
import { type CodedGeneration, generationsIn, liveGenerations } from '../projector/fed.ts';
import {
  beginAt,
  createGeneration,
  dropGeneration,
  emptyGeneration,
  setBehind,
} from '../store/generations.ts';
import { lockSwitch } from '../store/locks.ts';
import { REPLAY_STATEMENT_MS, type ReplayContext } from './catchUp.ts';
import { type Summary, summaryOf } from './compare.ts';

/** How a replay begins. */
export type Beginning =
  /** Beside the live tables, from the beginning of the topics or from a time on. */
  | { how: 'beside'; from: Date | undefined }
  /** Beside the live tables, where an earlier one ended. */
  | { how: 'resume' }
  /** In the live tables, which are emptied first. */
  | { how: 'in place'; from: Date | undefined };

/** What a replay builds. */
export interface Prepared {
  generations: CodedGeneration[];
  /** In place: what live tables counted before they were emptied, by projection, and where they were. */
  before?: { summaries: Map<string, Summary>; positions: readonly Position[] } | undefined;
}

/** Where a replay would begin, and with which projections. Changes nothing. */
export async function findBeginning(
  { db, topics }: ReplayContext,
  reader: Reader,
  chosen: readonly Projection[],
  beginning: Beginning,
): Promise<{ projections: readonly Projection[]; begin: readonly Position[] }> {
  if (beginning.how !== 'resume') {
    return { projections: chosen, begin: await reader.offsets(topics, beginning.from ?? 'earliest') };
  }
  const unfinished = (await generationsIn('building', db, chosen)).filter(isOurs);
  const [first] = unfinished;
  if (first === undefined) {
    throw problem(
      409,
      'NOTHING_TO_RESUME',
      'There is no replay that was left unfinished. Begin one without resuming.',
    );
  }
  const projections = unfinished.map(({ code }) => code);
  if (!unfinished.every(({ positions }) => isAt(positions, first.positions))) {
    throw problem(
      409,
      'LEFT_APART',
      `Those that were left unfinished are not equally far. Resume them one by one: ${projections.map(({ name }) => name).join(', ')}.`,
    );
  }
  return { projections, begin: first.positions };
}

/**
 * Makes the tables, or finds those that were left. To be called by who holds the replays' lock.
 * @param keepsUnfinished whether what an earlier one left stays; otherwise it makes room
 */
export async function prepare(
  { db }: ReplayContext,
  projections: readonly Projection[],
  beginning: Beginning,
  { begin, keepsUnfinished }: { begin: readonly Position[]; keepsUnfinished: boolean },
): Promise<Prepared> {
  if (beginning.how === 'resume') {
    return { generations: (await generationsIn('building', db, projections)).filter(isOurs) };
  }
  if (beginning.how === 'in place')
    return db.transaction((tx) => emptyLive(tx, projections, begin), { statementMs: REPLAY_STATEMENT_MS });
  return db.transaction(async (tx) => {
    if (!keepsUnfinished) {
      for (const unfinished of await generationsIn('building', tx, projections))
        await dropGeneration(tx, unfinished);
    }
    const generations: CodedGeneration[] = [];
    for (const code of projections) {
      const generation = await createGeneration(tx, code);
      await beginAt(tx, generation, begin);
      generations.push({ ...generation, code, positions: [...begin] });
    }
    return { generations };
  });
}

async function emptyLive(
  tx: Tx,
  projections: readonly Projection[],
  begin: readonly Position[],
): Promise<Prepared> {
  await lockSwitch(tx);
  const live = (await liveGenerations(tx, projections)).filter(isOurs);
  const summaries = new Map<string, Summary>();
  for (const generation of live) {
    summaries.set(generation.code.name, await summaryOf(tx, generation.code, generation));
    await emptyGeneration(tx, generation, begin);
  }
  await setBehind(tx, live, true);
  const [{ positions } = { positions: [] }] = live;
  const generations = live.map((generation) => ({ ...generation, positions: [...begin] }));
  // Of tables that were at different places there is no one place at which all of them could be compared.
  const isComparable = live.every((generation) => isAt(generation.positions, positions));
  return { generations, before: isComparable ? { summaries, positions } : undefined };
}

const isOurs = ({ version, code }: CodedGeneration) => version === code.version;
