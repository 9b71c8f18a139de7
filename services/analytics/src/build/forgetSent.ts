import { BrewError } from '@brew/events';
import { createReader, type PartitionOffset, type Reader } from '@brew/kafka/reader';
import type { Tx } from '@brew/postgres';
import { pruning, type ServiceContext, type Worker } from '@brew/service';

/** Forgets which records were sent to the dead letters, once the topics do not hold them any more: until then a rebuild meets them again. */
export function forgetSent({ client, log, ...context }: ServiceContext, topics: readonly string[]): Worker {
  return pruning(context, 'dead_letters', async (tx, ...age) => {
    await using reader = createReader({ client, log });
    return await pruneSent(tx, await startsOf(reader, topics), ...age);
  });
}

/** None while Kafka does not say, for there is no hurry. */
async function startsOf(reader: Reader, topics: readonly string[]): Promise<PartitionOffset[]> {
  try {
    return await reader.offsets(topics, 'earliest');
  } catch (error) {
    if (error instanceof BrewError) return [];
    throw error;
  }
}

/**
 * Deletes at most `limit` of those that were sent longer ago than `keepDays` and stood before where their partitions begin now.
 *
 * @returns how many
 */
async function pruneSent(
  tx: Tx,
  starts: readonly PartitionOffset[],
  keepDays: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from dead_letters where (topic, partition, record_offset) in (
       select topic, partition, record_offset
       from dead_letters join unnest($1::text[], $2::int[], $3::bigint[]) as start (topic, partition, first) using (topic, partition)
       where record_offset < first and sent_at < now() - $4 * interval '1 day'
       limit $5 for update of dead_letters skip locked
     )`,
    [
      starts.map(({ topic }) => topic),
      starts.map(({ partition }) => partition),
      starts.map(({ offset }) => String(offset)),
      keepDays,
      limit,
    ],
  );
  return rowCount ?? 0;
}
