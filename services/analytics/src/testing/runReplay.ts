import { createReader } from '@brew/kafka/reader';
import type { Projection } from '../projections/projection.ts';
import { REPLAY_STATEMENT_MS, type ReplayContext } from '../replay/catchUp.ts';
import type { Comparison } from '../replay/compare.ts';
import type { Plan } from '../replay/plan.ts';
import { type Beginning, planReplay, refusalOf } from '../replay/prepare.ts';
import { type Outcome, type ReadPartition, type ReplayOptions, replay } from '../replay/replay.ts';
import { tryLock } from '../store/locks.ts';

/** What a replay has told. */
export interface Told {
  plan?: Plan;
  /** How many records it has read. */
  read: number;
  comparisons: readonly Comparison[];
  /** Who kept it from switching. */
  held: string[];
  outcome?: Outcome;
}

export interface RunReplay extends Partial<ReplayOptions> {
  projections?: readonly Projection[];
  beginning?: Beginning;
  acceptLoss?: boolean;
  signal?: AbortSignal;
  onProgress?(partitions: readonly ReadPartition[]): void;
  onHeld?(): void;
}

/** A replay as an operator runs it, of all projections unless said. */
export async function runReplay(context: ReplayContext, options: RunReplay = {}): Promise<Told> {
  const { signal = new AbortController().signal, onProgress, onHeld, ...rest } = options;
  const { projections = context.projections, acceptLoss = false, end = 'switch' } = rest;
  const { beginning = { how: 'beside', from: undefined }, acceptDifferences = false } = rest;
  const told: Told = { read: 0, comparisons: [], held: [] };
  const session = await context.db.connect({ statementMs: REPLAY_STATEMENT_MS, signal });
  await using reader = createReader({ ...context, signal });
  try {
    if (!(await tryLock(session, 'replay'))) throw new Error('another replay is under way');
    const planned = await planReplay(context, reader, projections, beginning);
    const refusal = end === 'switch' && !acceptLoss ? refusalOf(planned) : undefined;
    if (refusal) throw refusal;
    await replay(
      context,
      { session, reader },
      planned,
      { end, acceptDifferences },
      {
        onPrepared() {},
        onPlan(plan) {
          told.plan = plan;
        },
        onHeld(sessions) {
          told.held.push(...sessions);
          onHeld?.();
        },
        onProgress(partitions) {
          told.read = partitions.reduce((sum, { from, offset }) => sum + offset - from, 0);
          onProgress?.(partitions);
        },
        onComparison(comparisons) {
          told.comparisons = comparisons;
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
