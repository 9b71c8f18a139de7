import type { Tx } from '../database.ts';

/** A record as it will be sent. `value` is framed Avro, null for a tombstone. */
export interface OutboxRow {
  topic: string;
  key: string;
  value: Buffer | null;
  headers: Record<string, string>;
}

/** The NOTIFY channel that wakes the relay when rows are committed. */
export const OUTBOX_CHANNEL = 'outbox';

/**
 * Writes the rows, in their order, in one statement. Call it last in the transaction: rows of the same key keep their
 * order only if the transaction already holds that key's row lock when it takes its numbers.
 */
export async function appendOutbox(tx: Tx, rows: OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `with appended as (
       insert into outbox (topic, key, value, headers)
       select topic, key, value, headers
       from unnest($1::text[], $2::text[], $3::bytea[], $4::jsonb[]) with ordinality
         as rows (topic, key, value, headers, position)
       order by position
     )
     select pg_notify('${OUTBOX_CHANNEL}', '')`,
    [
      rows.map((row) => row.topic),
      rows.map((row) => row.key),
      rows.map((row) => row.value),
      rows.map((row) => JSON.stringify(row.headers)),
    ],
  );
}
