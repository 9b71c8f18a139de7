import {
  BrokerUnavailableError,
  CorruptBatchError,
  LogTruncatedError,
  OffsetOutOfRangeError,
} from './errors.ts';
import type { Gap } from './fetched.ts';
import type { Cluster } from './reader/cluster.ts';
import { listOffsets } from './reader/offsets.ts';
import type { Offset } from './record.ts';

/** What to do about a position at which reading can't go on. */
export interface WayOn {
  /** What will never be read; undefined when there was nothing. */
  gap: Gap | undefined;
  /** Whether there were records that whoever was at the position had not read: they are lost to it. */
  isLoss: boolean;
  /** Where reading goes on. */
  offset: bigint;
  /** Behind the last record that there is. */
  end: bigint;
  /** Of the topic that these are offsets of. */
  topicId: string;
}

/**
 * Looks what became of the records at a position. Retention or somebody has deleted them: what comes first behind them is known. Where the
 * log is another one (the topic was made anew, or a broker that lacked records leads it), it is read from where that begins.
 *
 * @param error why reading can't go on there
 * @returns undefined when it is to be tried again there: a new leader may not know for a moment how far the log goes, nobody may tell, and another
 *   replica may have the bytes that were written
 * @throws the error, when it says nothing about the position
 */
export async function wayOn(cluster: Cluster, from: Offset, error: unknown): Promise<WayOn | undefined> {
  const { topic, partition, offset } = from;
  if (error instanceof CorruptBatchError) return undefined;
  if (!(error instanceof OffsetOutOfRangeError || error instanceof LogTruncatedError)) throw error;
  const asked = { topics: [topic], only: [{ topic, partition }] };
  const there = await Promise.all([
    listOffsets(cluster, asked, 'earliest'),
    listOffsets(cluster, asked, 'latest'),
  ]).catch((trouble: unknown) => {
    if (trouble instanceof BrokerUnavailableError) return undefined;
    throw trouble;
  });
  const [first, last] = there?.map(([found]) => found) ?? [];
  // Made anew between the two answers.
  if (!first || !last || first.topicId !== last.topicId) return undefined;
  const [earliest, latest] = [first.offset, last.offset];
  const way = (firstOffset: bigint, lastOffset: bigint, to: bigint, isLoss = false): WayOn => ({
    gap:
      firstOffset > lastOffset
        ? undefined
        : { topic, partition, firstOffset, lastOffset, why: 'deleted', error },
    ...{ isLoss, offset: to, end: latest, topicId: last.topicId },
  });
  if (error instanceof LogTruncatedError) {
    const divergedAt = error.shorterLog?.offset;
    return divergedAt === undefined
      ? way(offset > latest ? latest : earliest, offset - 1n, earliest)
      : way(divergedAt, offset - 1n, divergedAt);
  }
  if (offset >= earliest && offset <= latest) return undefined;
  return offset < earliest ? way(offset, earliest - 1n, earliest, true) : way(latest, offset - 1n, earliest);
}
