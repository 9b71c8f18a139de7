import type { Reader, ReadRange, Records } from '@brew/kafka/reader';
import type { Tx } from '@brew/postgres';

/**
 * Where to read each partition on; one that was never read begins where it begins in Kafka, which is noted at once. Of a topic that was deleted
 * and made anew the reader refuses to go on: what was noted are not its offsets, and the projection is to be rebuilt.
 */
export async function startingPoints(
  db: Tx,
  reader: Pick<Reader, 'offsets' | 'topicIds'>,
  topics: readonly string[],
): Promise<ReadRange[]> {
  const ids = await reader.topicIds(topics);
  const first = await reader.offsets(topics, 'earliest');
  const { rows } = await db.query<{ topic: string; topicId: string; partition: number; from: string }>(
    `insert into projection_offsets (topic, topic_id, partition, next_offset)
     select * from unnest($1::text[], $2::uuid[], $3::int[], $4::bigint[]) as first (topic, topic_id, partition, next_offset)
     order by topic, partition
     -- an update that changes nothing, since only what is written is returned
     on conflict (topic, partition) do update set partition = excluded.partition
     returning topic, topic_id as "topicId", partition, next_offset as "from"`,
    [
      first.map(({ topic }) => topic),
      first.map(({ topic }) => ids.get(topic)),
      first.map(({ partition }) => partition),
      first.map(({ offset }) => String(offset)),
    ],
  );
  return rows.map(({ from, ...of }) => ({ ...of, from: BigInt(from) }));
}

/**
 * Moves the offset of a partition behind these records. The row stays locked until the transaction ends, so that of two
 * instances that read the same records one waits for the other.
 * @returns the first offset that was not had yet
 * @throws when there is none any more: the projection is to be rebuilt
 */
export async function moveBehind(
  tx: Tx,
  { topic, partition, nextOffset }: Pick<Records, 'topic' | 'partition' | 'nextOffset'>,
): Promise<bigint> {
  const { rows } = await tx.query<{ from: string }>(
    `update projection_offsets set next_offset = greatest(next_offset, $3)
     where topic = $1 and partition = $2 returning old.next_offset as "from"`,
    [topic, partition, String(nextOffset)],
  );
  if (rows[0] === undefined) throw new Error('The offsets were removed: everything is read anew.');
  return BigInt(rows[0].from);
}
