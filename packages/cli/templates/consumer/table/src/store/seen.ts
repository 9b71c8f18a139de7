import type { Tx } from '@brew/postgres';

/** That an event happened to an order, or to whatever its key is. */
export interface Sighting {
  event: string;
  key: string;
  at: Date;
}

/** Notes of each key which events it had, and when last. Noting one again changes nothing. */
export async function see(tx: Tx, sightings: readonly Sighting[]): Promise<void> {
  await tx.query({
    name: 'see',
    // DANGER: in the order of the keys. Two transactions that note the same keys in different orders would deadlock.
    text: `insert into seen (key, event, last_at)
           select key, event, max(at)
           from jsonb_to_recordset($1::jsonb) as sightings(key text, event text, at timestamptz)
           group by key, event order by key, event
           on conflict (key, event) do update set last_at = excluded.last_at
             where excluded.last_at > seen.last_at`,
    values: [JSON.stringify(sightings)],
  });
}

interface Summary {
  event: string;
  keys: number;
  lastAt: Date;
}

/** Of how many keys each event was seen, and when last; of one key alone, if there is one. */
export async function summary(db: Tx, key?: string): Promise<Summary[]> {
  const { rows } = await db.query<Summary>(
    `select event, count(*)::int as keys, max(last_at) as "lastAt" from seen
     where $1::text is null or key = $1 group by event order by event`,
    [key ?? null],
  );
  return rows;
}
