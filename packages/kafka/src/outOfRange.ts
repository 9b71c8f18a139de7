import type { Admin } from './admin.ts';
import { OffsetOutOfRangeError } from './errors.ts';
import type { Gap } from './fetched.ts';

/** What to do about a position that lies outside of what a partition holds. */
export interface WayOn {
  /** What will never be read. */
  gap: Gap;
  /** Whether there were records that whoever was at the position had not read: they are lost to it. */
  isLoss: boolean;
  /** Where reading goes on: with the first record that there is. */
  offset: bigint;
  /** Behind the last record that there is. */
  end: bigint;
}

/**
 * Looks what became of the records at a position. Retention or somebody has deleted them: what comes first behind them is known. Where the
 * log is shorter than the position, it is another one (the topic was made anew, or a broker that lacked records leads it), and is read from
 * its beginning.
 *
 * @returns undefined when the position is in range after all: a new leader may not know for a moment how far the log goes
 */
export async function wayOn(
  admin: Pick<Admin, 'topicOffsets'>,
  { topic, partition, from }: { topic: string; partition: number; from: bigint },
): Promise<WayOn | undefined> {
  const there = (await admin.topicOffsets(topic)).find((each) => each.partition === partition);
  if (!there) return undefined;
  const { earliest, latest } = there;
  if (from >= earliest && from <= latest) return undefined;
  const deleted = from < earliest;
  return {
    gap: {
      topic,
      partition,
      firstOffset: deleted ? from : latest,
      lastOffset: (deleted ? earliest : from) - 1n,
      why: 'deleted',
      error: new OffsetOutOfRangeError(topic, partition, from, there),
    },
    isLoss: deleted,
    offset: earliest,
    end: latest,
  };
}
