import type { Tx } from '@brew/postgres';
import { isAt } from '../build/positions.ts';
import { type CodedGeneration, liveGenerations } from '../projector/fed.ts';
import { makeLive, setBehind } from '../store/generations.ts';
import { REPLAY_STATEMENT_MS, type ReplayContext } from './catchUp.ts';
import { type Comparison, compare, type Summary, summaryOf } from './compare.ts';

/** Compares what was built with what is live. */
export async function compareWithLive(
  tx: Tx,
  { projections }: ReplayContext,
  built: readonly CodedGeneration[],
): Promise<Comparison[]> {
  const live = await liveGenerations(tx, projections);
  const comparisons: Comparison[] = [];
  for (const generation of built) {
    const { code } = generation;
    const old = live.find(({ projection }) => projection === code.name);
    const counted = old && (await summaryOfOther(tx, old));
    // A version with other tables can't be compared.
    if (counted) comparisons.push(compare(code, counted, await summaryOf(tx, code, generation)));
  }
  return comparisons;
}

/** Compares what was built in place with what was there before, as far as that was. */
export const compareWithBefore = (
  { db }: ReplayContext,
  built: readonly CodedGeneration[],
  before: ReadonlyMap<string, Summary>,
): Promise<Comparison[]> =>
  db.transaction(
    async (tx) => {
      const comparisons: Comparison[] = [];
      for (const generation of built) {
        const counted = before.get(generation.code.name) ?? new Map();
        comparisons.push(compare(generation.code, counted, await summaryOf(tx, generation.code, generation)));
      }
      return comparisons;
    },
    { statementMs: REPLAY_STATEMENT_MS },
  );

/** Undefined when this code does not know its tables. */
async function summaryOfOther(tx: Tx, generation: CodedGeneration): Promise<Summary | undefined> {
  if (generation.version === generation.code.version) return summaryOf(tx, generation.code, generation);
  await tx.query('savepoint other_version');
  try {
    return await summaryOf(tx, generation.code, generation);
  } catch {
    await tx.query('rollback to savepoint other_version');
    return undefined;
  }
}

/**
 * Makes live what was built; live events are read into it from where it is. Live ones that are elsewhere, since they could not go on,
 * are behind it from then on.
 */
export async function switchTo(
  tx: Tx,
  { projections }: ReplayContext,
  built: readonly CodedGeneration[],
): Promise<void> {
  await makeLive(
    tx,
    built.filter(({ state }) => state === 'building'),
  );
  await setBehind(tx, built, false);
  const live = await liveGenerations(tx, projections);
  const positions = live.find(({ schema }) => schema === built[0]?.schema)?.positions ?? [];
  await setBehind(
    tx,
    live.filter((one) => !isAt(one.positions, positions)),
    true,
  );
}
