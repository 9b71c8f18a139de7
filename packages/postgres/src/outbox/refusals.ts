import type { Tx } from '../database.ts';

/** A row that Kafka has refused for what it is. */
export interface RefusedRow {
  id: string;
  topic: string;
  key: string;
  headers: Record<string, string>;
  /** Bytes of its value; 0 for a tombstone. */
  bytes: number;
  createdAt: Date;
  refusedAt: Date;
  /** Kafka's name of the error. */
  refusal: string;
  /** Later rows of its topic and key, which wait behind it. */
  behind: number;
}

const columns = `id, topic, key, headers, coalesce(octet_length(value), 0) as bytes, created_at as "createdAt",
  aside_at as "refusedAt", refusal`;

/** The oldest first. */
export async function listRefusedRows(tx: Tx, limit = 1_000): Promise<RefusedRow[]> {
  const { rows } = await tx.query<RefusedRow>(
    `select ${columns},
            (select count(*)::int from outbox_aside behind
             where behind.topic = refused.topic and behind.key = refused.key and behind.id > refused.id) as behind
     from outbox_aside refused where refusal is not null order by id limit $1`,
    [limit],
  );
  return rows;
}

/**
 * Has refused rows sent again, once what was wrong is mended; what waits behind them follows in its order. The relay finds them by
 * itself within seconds.
 * @param ids left out: all of them
 * @returns how many they are
 */
export async function retryRefusedRows(tx: Tx, ids?: readonly string[]): Promise<number> {
  const { rowCount } = await tx.query(
    `update outbox_aside set refusal = null
     where refusal is not null and ($1::bigint[] is null or id = any ($1))`,
    [ids ?? null],
  );
  return rowCount ?? 0;
}

/**
 * Gives refused rows up: they are never sent, and what waits behind them goes on.
 * @returns those that were deleted, for who keeps a record of it
 */
export async function discardRefusedRows(tx: Tx, ids: readonly string[]): Promise<RefusedRow[]> {
  const { rows } = await tx.query<RefusedRow>(
    `with discarded as (delete from outbox_aside where refusal is not null and id = any ($1::bigint[]) returning *)
     select ${columns}, 0 as behind from discarded order by id`,
    [ids],
  );
  return rows;
}
