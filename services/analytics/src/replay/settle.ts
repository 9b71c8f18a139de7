import type { Tx } from '@brew/postgres';
import { problem } from '@brew/service';
import type { CodedGeneration } from '../projector/fed.ts';
import { carryOver, hasAll, markWhole } from './carryOver.ts';
import type { CatchUp } from './catchUp.ts';
import { type Comparison, compare, compareTables, summaryOf, type TableDifference } from './compare.ts';

/** What was built, and what is live instead. */
export interface Pair {
  built: CodedGeneration;
  live: CodedGeneration;
}

/** What was found where both were equally far. */
export interface Found {
  comparisons: Comparison[];
  tables: TableDifference[];
}

export interface SettleOptions {
  /** Whether tables are compared row by row as well. */
  byRow: boolean;
  /** Whether what was found is no reason to leave it at that; then what the topics do not hold any more is carried over. */
  accepts(comparisons: readonly Comparison[]): boolean;
  /** See there; undefined: all. */
  endsSince: Date | undefined;
}

/**
 * Has what was built learn what only the live generations know of orders, compares both, and carries over what only those have counted: in a
 * transaction that sees all of it where it is equally far.
 */
export async function settle(
  tx: Tx,
  { adopt, leaveEnded }: Pick<CatchUp, 'adopt' | 'leaveEnded'>,
  pairs: readonly Pair[],
  { byRow, accepts, endsSince }: SettleOptions,
): Promise<Found> {
  const found: Found = { comparisons: [], tables: [] };
  for (const { built, live } of pairs) {
    if (!built.whole) await adopt(tx, built.schema, live);
    // A version with other tables can't be compared.
    if (!(await hasAll(tx, live, built))) continue;
    const since = built.builtSince;
    const [one, other] = [await summaryOf(tx, live, since), await summaryOf(tx, built, since)];
    found.comparisons.push(compare(built.code, one, other, since));
    if (byRow) {
      // Sums are the same whether or not each hour is known.
      const hoursSince = since ?? live.hoursSince;
      found.tables.push(...(await compareTables(tx, built.code, live, built, hoursSince)));
    }
  }
  if (!accepts(found.comparisons)) return found;
  const since = Math.max(
    ...[endsSince, ...pairs.map(({ built }) => built.builtSince)].map((time) => time?.getTime() ?? 0),
  );
  const schemas = pairs.map(({ live }) => live.schema);
  if (since > 0) await leaveEnded(tx, schemas, new Date(since));
  for (const { built, live } of pairs) {
    if (built.whole) continue;
    if (await hasAll(tx, live, built)) await carryOver(tx, built.code, live, built);
    else await markWhole(tx, built, null);
  }
  return found;
}

/** Somebody has read on with it after it was left. */
export const notComparable = ({ schema }: CodedGeneration) =>
  problem(
    409,
    'FURTHER_THAN_LIVE',
    `${schema} was read further than what is live, so what the topics do not hold any more can't be added to it. Begin anew, without resuming.`,
  );
