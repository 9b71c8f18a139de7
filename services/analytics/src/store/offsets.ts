import type { Tx } from '@brew/postgres';

export interface OffsetRange {
  topic: string;
  partition: number;
  /** Offset after the last record of the batch. */
  next: bigint;
}

/**
 * Moves the projections' offsets of one partition forward, and tells where each of them stood: what lies below,
 * it has had. The rows stay locked until the transaction ends, so an instance that does not know yet that it
 * lost the partition can't take the same batch at the same time.
 * @returns by projection, the first offset that it has not had
 */
export async function claimOffsets(
  tx: Tx,
  projections: readonly string[],
  { topic, partition, next }: OffsetRange,
): Promise<Map<string, bigint>> {
  const { rows } = await tx.query<{ projection: string; from: string }>(
    `insert into projection_offsets as known (projection, topic, partition, next_offset)
     select projection, $2, $3::int, $4::bigint from unnest($1::text[]) as projection order by projection
     on conflict (projection, topic, partition) do update
       set next_offset = greatest(known.next_offset, excluded.next_offset)
     returning new.projection, coalesce(old.next_offset, 0) as "from"`,
    [projections, topic, partition, next],
  );
  return new Map(rows.map((row) => [row.projection, BigInt(row.from)]));
}
