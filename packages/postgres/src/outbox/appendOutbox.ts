import type { Tx } from '../database.ts';

/** A record as it will be sent. `value` is framed Avro, null for a tombstone. */
export interface OutboxRow {
  topic: string;
  key: string;
  value: Buffer | null;
  headers: Record<string, string>;
}

/**
 * Writes the rows, in their order, in one statement. Call it last in the transaction: rows of the same key keep their
 * order only if the transaction already holds that key's row lock when it takes its numbers. After the commit, tell the
 * relay: see `announce()`.
 */
export async function appendOutbox(tx: Tx, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query({
    name: 'append-outbox',
    text: `insert into outbox (topic, key, value, headers)
           select topic, key, value, headers
           from unnest($1::text[], $2::text[], $3::bytea[], $4::json[]) with ordinality
             as rows (topic, key, value, headers, position)
           order by position`,
    values: [
      rows.map((row) => row.topic),
      rows.map((row) => row.key),
      rows.map((row) => row.value),
      rows.map((row) => JSON.stringify(row.headers)),
    ],
  });
}
