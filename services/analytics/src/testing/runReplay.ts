import type { ReplayContext } from '../replay/catchUp.ts';
import type { Comparison, TableDifference } from '../replay/compare.ts';
import type { Plan } from '../replay/plan.ts';
import { type Outcome, type ReadPartition, type ReplayOptions, replay } from '../replay/replay.ts';
import { tryLock } from '../store/locks.ts';

/** What a replay has told. */
export interface Told {
  plan?: Plan;
  /** How many records it has read. */
  read: number;
  comparisons: readonly Comparison[];
  tables: readonly TableDifference[];
  outcome?: Outcome;
}

export interface RunReplay extends Partial<ReplayOptions> {
  signal?: AbortSignal;
  onProgress?(partitions: readonly ReadPartition[]): void;
}

/** A replay as an operator runs it, of all projections unless said. */
export async function runReplay(context: ReplayContext, options: RunReplay = {}): Promise<Told> {
  const { signal = new AbortController().signal, onProgress, ...rest } = options;
  const told: Told = { read: 0, comparisons: [], tables: [] };
  const session = await context.db.connect();
  try {
    if (!(await tryLock(session, 'replay'))) throw new Error('another replay is under way');
    await replay(
      context,
      session,
      {
        projections: context.projections,
        beginning: { how: 'beside', from: undefined },
        end: 'switch',
        acceptDifferences: false,
        ...rest,
      },
      {
        onPlan(plan) {
          told.plan = plan;
        },
        onProgress(partitions) {
          told.read = partitions.reduce((sum, { from, offset }) => sum + offset - from, 0);
          onProgress?.(partitions);
        },
        onComparison(comparisons) {
          told.comparisons = comparisons;
        },
        onCheck(tables) {
          told.tables = tables;
        },
        onDone(outcome) {
          told.outcome = outcome;
        },
      },
      signal,
    );
  } finally {
    await session.end();
  }
  return told;
}
