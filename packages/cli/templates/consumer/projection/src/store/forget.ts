import type { Tx } from '@brew/postgres';

/** Forgets keys that were taken away: it is as if they had never had an event. */
export async function forget(tx: Tx, keys: readonly string[]): Promise<void> {
  await tx.query({
    name: 'forget',
    // DANGER: in the order of the keys, as `see` does.
    text: `delete from seen using (
             select key, event from seen where key = any($1) order by key, event for update
           ) as forgotten where (seen.key, seen.event) = (forgotten.key, forgotten.event)`,
    values: [keys],
  });
}
