import type { Tx } from '../database.ts';

/** Who does something with letters, what, and why. */
export interface LetterAction {
  /** A UUID. Several calls may belong to one action. */
  id: string;
  by: string;
  action: 'redrive' | 'discard';
  why: string | null;
  /** What was asked for, as JSON. */
  selection: unknown;
}

export interface ActionCounts {
  redriven?: number;
  alreadyDone?: number;
  failed?: number;
  skipped?: number;
  discarded?: number;
}

export interface KeptAction extends LetterAction, Required<ActionCounts> {
  at: Date;
}

/**
 * Keeps an action, and adds up what came of it.
 * @returns false when there is another action of this id: of somebody else, or another kind
 */
export async function keepAction(tx: Tx, action: LetterAction, counts: ActionCounts): Promise<boolean> {
  const { redriven = 0, alreadyDone = 0, failed = 0, skipped = 0, discarded = 0 } = counts;
  const { rowCount } = await tx.query(
    `insert into letter_actions as kept (id, by, action, why, selection, redriven, already_done, failed, skipped, discarded)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (id) do update set
       redriven = kept.redriven + excluded.redriven, already_done = kept.already_done + excluded.already_done,
       failed = kept.failed + excluded.failed, skipped = kept.skipped + excluded.skipped,
       discarded = kept.discarded + excluded.discarded
     where kept.action = excluded.action and kept.by = excluded.by`,
    [
      action.id,
      action.by,
      action.action,
      action.why,
      JSON.stringify(action.selection),
      redriven,
      alreadyDone,
      failed,
      skipped,
      discarded,
    ],
  );
  return rowCount === 1;
}

/** The latest first. @param before the id of an action: those before it */
export async function listActions(
  tx: Tx,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<KeptAction[]> {
  const { rows } = await tx.query<KeptAction>(
    `select id, at, by, action, why, selection, redriven, already_done as "alreadyDone", failed, skipped, discarded
     from letter_actions
     where $2::uuid is null or (at, id) < (select at, id from letter_actions where id = $2)
     order by at desc, id desc limit $1`,
    [limit, before ?? null],
  );
  return rows;
}
