import { randomUUID } from 'node:crypto';
import { type ActionCounts, keepAction, type LetterAction, type Tx } from '@brew/postgres';
import { problem } from '../http/problem.ts';
import type { Selecting } from './schemas.ts';

/** Keeps who did what, when and why, with what came of it; in the transaction of what it tells of. */
export interface ActionLog {
  id: string;
  /** @throws HttpProblem 409 when this id stands for what somebody else does */
  keep(tx: Tx, counts: ActionCounts): Promise<void>;
}

export function createActionLog(
  kind: LetterAction['action'],
  { ids, filter, all, by, why, action = randomUUID() }: Selecting & { why?: string | undefined },
): ActionLog {
  const selection = { ids, filter, all };
  return {
    id: action,
    async keep(tx, counts) {
      if (await keepAction(tx, { id: action, by, action: kind, why: why ?? null, selection }, counts)) return;
      throw problem(
        409,
        'ACTION_TAKEN',
        `There is another action ${action}: leave it out, or take a new UUID.`,
      );
    },
  };
}
