import type { Tx } from './database.ts';

/**
 * Claims events for this transaction, in one statement, and returns the ids that nobody had claimed before.
 * If another transaction is claiming one of them at this moment, waits for its end.
 *
 * @param eventIds UUIDs; duplicates among them are claimed once.
 */
export async function claimInbox(tx: Tx, eventIds: string[]): Promise<Set<string>> {
  // Sorted: two transactions that claim the same ids in different orders would deadlock.
  const { rows } = await tx.query<{ event_id: string }>(
    `insert into inbox (event_id)
     select distinct id from unnest($1::uuid[]) as ids (id) order by id
     on conflict do nothing
     returning event_id`,
    [eventIds],
  );
  return new Set(rows.map((row) => row.event_id));
}

/**
 * Forgets at most `limit` events that were claimed longer ago than `olderThanMs`, however large that is, and returns how many they were.
 * An event that is delivered again after it was forgotten takes effect again: keep them for longer than the
 * retention of the topics they come from.
 */
export async function pruneInbox(tx: Tx, olderThanMs: number, limit = 5_000): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from inbox where event_id in (
       select event_id from inbox
       where claimed_at < to_timestamp(greatest(0, extract(epoch from now()) - $1::float8 / 1000)) limit $2
     )`,
    [olderThanMs, limit],
  );
  return rowCount ?? 0;
}
