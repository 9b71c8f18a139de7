import type { Tx } from '@brew/postgres';
import { PAGE_ROWS } from '../book.ts';

/** Those of the orders of which something waits to be published. */
export async function unpublished(db: Tx, orderIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ key: string }>('select distinct key from outbox where key = any($1)', [
    orderIds,
  ]);
  return new Set(rows.map(({ key }) => key));
}

export interface WaitingLetter {
  id: string;
  reason: string;
  /** ce_type; null where there is none. */
  type: string | null;
  key: Buffer | null;
}

/** The dead letters that wait, page by page. */
export async function* waitingLetters(db: Tx): AsyncGenerator<WaitingLetter> {
  for (let after = '0'; ; ) {
    const { rows } = await db.query<WaitingLetter>(
      `select id, reason, type, key from letters where status = 'waiting' and id > $1 order by id limit $2`,
      [after, PAGE_ROWS],
    );
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_ROWS) return;
    after = last.id;
  }
}
