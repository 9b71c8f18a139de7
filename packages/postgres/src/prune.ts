import type { Tx } from './database.ts';

/** Rows that are no longer needed: of orders, by their ids. Both texts are SQL, never a caller's. */
export interface Prunable {
  table: string;
  /** A condition that holds for a row of which nothing more will come. */
  over: string;
}

/**
 * The least UUIDv7 of `$1` days ago, as far as its time goes. RFC 9562, 5.7. None is of a time before 1970, which would be negative, in hex the greatest
 * of all.
 */
const OLDEST = `(
  select substr(hex, 1, 8) || '-' || substr(hex, 9, 4)
  from lpad(to_hex((greatest(0, extract(epoch from now()) - $1::numeric * 86400) * 1000)::bigint), 12, '0') as hex
)`;

/**
 * Deletes at most `limit` rows whose order was placed longer ago than `keepDays`, and is over. An order's id is a UUIDv7, so the oldest come first in
 * the primary key: that needs no index of its own, and reads no more than it deletes but for those old ones that are not over.
 *
 * @returns how many
 */
export async function pruneOrders(
  tx: Tx,
  { table, over }: Prunable,
  keepDays: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from ${table} where order_id in (
       select order_id from ${table} where order_id < ${OLDEST} and (${over}) order by order_id limit $2 for update skip locked
     )`,
    [keepDays, limit],
  );
  return rowCount ?? 0;
}

/**
 * Deletes at most `limit` letters of which nothing more will come: redriven or discarded longer ago than `keepDays`. One that stands for records that
 * were lost stays: it is what tells the group that somebody knows (ADR 20).
 *
 * @returns how many
 */
export async function pruneLetters(tx: Tx, keepDays: number, limit: number): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from letters where id in (
       select id from letters
       where status <> 'waiting' and reason <> 'deleted' and resolved_at < now() - $1 * interval '1 day'
       order by id limit $2 for update skip locked
     )`,
    [keepDays, limit],
  );
  return rowCount ?? 0;
}

/**
 * Deletes at most `limit` actions that began longer ago than `keepDays`, and are not what became of any letter that is still kept.
 *
 * @returns how many
 */
export async function pruneLetterActions(tx: Tx, keepDays: number, limit: number): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from letter_actions where id in (
       select id from letter_actions as done
       where at < now() - $1 * interval '1 day' and not exists (select from letters where letters.action = done.id)
       order by at limit $2 for update skip locked
     )`,
    [keepDays, limit],
  );
  return rowCount ?? 0;
}
