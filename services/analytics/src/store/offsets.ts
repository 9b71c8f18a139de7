import type { Tx } from '@brew/postgres';

export interface OffsetRange {
  topic: string;
  partition: number;
  /** Offset after the last record that was read. */
  next: bigint;
}

/**
 * Moves the projections' offsets forward, and tells where each of them stood: what lies below, it has had. The rows stay
 * locked until the transaction ends, so an instance that does not know yet that it lost a partition can't take the same
 * records at the same time.
 * @returns the first offset that a projection has not had of a partition
 */
export async function claimOffsets(
  tx: Tx,
  projections: readonly string[],
  ranges: readonly OffsetRange[],
): Promise<(projection: string, topic: string, partition: number) => bigint> {
  const { rows } = await tx.query<{ projection: string; topic: string; partition: number; from: string }>(
    `insert into projection_offsets as known (projection, topic, partition, next_offset)
     select projection, topic, partition, next_offset
     from unnest($1::text[]) as projection,
          unnest($2::text[], $3::int[], $4::bigint[]) as read (topic, partition, next_offset)
     order by projection, topic, partition
     on conflict (projection, topic, partition) do update
       set next_offset = greatest(known.next_offset, excluded.next_offset)
     returning new.projection, new.topic, new.partition, coalesce(old.next_offset, 0) as "from"`,
    [
      projections,
      ranges.map(({ topic }) => topic),
      ranges.map(({ partition }) => partition),
      ranges.map(({ next }) => next),
    ],
  );
  const froms = new Map(
    rows.map((row) => [`${row.projection}/${row.topic}/${row.partition}`, BigInt(row.from)]),
  );
  return (projection, topic, partition) => froms.get(`${projection}/${topic}/${partition}`) ?? 0n;
}
