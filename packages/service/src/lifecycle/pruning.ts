import type { Database, Tx } from '@brew/postgres';
import { type Worker, worker } from './worker.ts';

const EVERY_MS = 10 * 60 * 1_000;

/** Rows that are deleted in one transaction: some milliseconds, so that nobody waits for their locks. */
const PORTION = 1_000;

/** Deletes at most `limit` rows that are older than `keepDays`. @returns how many */
export type Prune = (tx: Tx, keepDays: number, limit: number) => Promise<number>;

/** Deletes what is too old to be asked for, in small portions, each a transaction of its own, so that no table grows for ever. */
export function pruning(
  { db, config }: { db: Database; config: { KEEP_DAYS: number } },
  name: string,
  prune: Prune,
): Worker {
  return worker({
    name: `prune-${name}`,
    everyMs: EVERY_MS,
    run: async () => (await prune(db, config.KEEP_DAYS, PORTION)) === PORTION,
  });
}
