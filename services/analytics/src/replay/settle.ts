import type { Tx } from '@brew/postgres';
import { problem } from '@brew/service';
import type { CodedGeneration } from '../projector/fed.ts';
import { carryOver, hasAll, markWhole } from './carryOver.ts';
import type { CatchUp } from './catchUp.ts';
import { type Comparison, compare } from './compare.ts';

/** What was built, and what is live instead. */
export interface Pair {
  built: CodedGeneration;
  live: CodedGeneration;
}

export interface SettleOptions {
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
  { accepts, endsSince }: SettleOptions,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { built, live } of pairs) {
    if (!built.whole) await adopt(tx, built.schema, live);
    // A version with other tables can't be compared.
    if (await hasAll(tx, live, built)) comparisons.push(await compare(tx, live, built));
  }
  if (!accepts(comparisons)) return comparisons;
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
  return comparisons;
}

/** Somebody has read on with it after it was left. */
export const notComparable = ({ schema }: CodedGeneration) =>
  problem(
    409,
    'FURTHER_THAN_LIVE',
    `${schema} was read further than what is live, so what the topics do not hold any more can't be added to it. Begin anew, without resuming.`,
  );
