import type { Reader } from '../reader.ts';
import type { Offset } from '../record.ts';
import type { GroupMember } from './groups.ts';
import { BROKER_PATIENCE_MS, type ByPartition, type OffsetRange, partitionKey } from './topics.ts';

/** How far a group is with a partition. */
export interface PartitionProgress {
  topic: string;
  partition: number;
  /** Where it goes on reading; undefined before its first commit. */
  committed: bigint | undefined;
  /** Behind the last record that was written; undefined when the partition has no leader, or the topic is gone. */
  latest: bigint | undefined;
  /** How many records are ahead of it; undefined when one of the above is. */
  lag: bigint | undefined;
  /** How many of them it can't read, because they lie behind a transaction that is open; undefined when that is not known. */
  heldBack: bigint | undefined;
  /** How many offsets before these were deleted unread, by retention or by hand; undefined when that is not known. */
  deleted: bigint | undefined;
  /** When the first record ahead of it was written; undefined when there is none, or it is not known. */
  waitingSince: Date | undefined;
  /** Who reads it at the moment. */
  memberId: string | undefined;
}

/** Everything that a group has committed or reads, in order. */
export function progressOf(
  committed: readonly Offset[],
  members: readonly GroupMember[],
  ranges: ByPartition<OffsetRange>,
): PartitionProgress[] {
  const progress = new Map<string, PartitionProgress>();
  const find = (topic: string, partition: number): PartitionProgress => {
    const key = partitionKey(topic, partition);
    const known = progress.get(key) ?? {
      topic,
      partition,
      committed: undefined,
      latest: ranges.get(key)?.latest,
      lag: undefined,
      heldBack: undefined,
      deleted: undefined,
      waitingSince: undefined,
      memberId: undefined,
    };
    progress.set(key, known);
    return known;
  };
  for (const { topic, partition, offset } of committed) {
    const found = find(topic, partition);
    found.committed = offset;
    const range = ranges.get(partitionKey(topic, partition));
    if (!range) continue;
    // What was deleted before the group came to it is not ahead of it any more.
    const from = max(offset, range.earliest);
    found.deleted = from - offset;
    found.lag = max(range.latest - from, 0n);
    found.heldBack = max(range.latest - max(from, range.readable), 0n);
  }
  for (const { memberId, assigned } of members) {
    for (const { topic, partitions } of assigned) {
      for (const partition of partitions) find(topic, partition).memberId = memberId;
    }
  }
  return [...progress.values()].sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
}

/** Looks at the first record that is ahead of the group, of each partition where there is one. */
export async function findWaiting(
  reader: Reader,
  progress: readonly PartitionProgress[],
  ranges: ByPartition<OffsetRange>,
): Promise<PartitionProgress[]> {
  return await Promise.all(
    progress.map(async (each) => {
      const { topic, partition, committed, lag } = each;
      const range = ranges.get(partitionKey(topic, partition));
      if (!lag || committed === undefined || !range) return each;
      const from = max(committed, range.earliest);
      const waitingSince = await firstTime(reader, { topic, partition, from, until: range.readable });
      return { ...each, waitingSince };
    }),
  );
}

async function firstTime(
  reader: Reader,
  range: Parameters<Reader['read']>[0][number],
): Promise<Date | undefined> {
  const signal = AbortSignal.timeout(BROKER_PATIENCE_MS);
  try {
    // What nobody can read has no time that counts.
    for await (const records of reader.read([range], { onUnreadable: () => {}, signal })) {
      if (!records.next()) continue;
      const time = new Date(records.timestamp);
      return records.timestamp < 0 || Number.isNaN(time.getTime()) ? undefined : time;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return undefined; // what is ahead was removed by compaction, or is only markers of transactions
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
