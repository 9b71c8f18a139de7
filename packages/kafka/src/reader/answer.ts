import {
  BrokerUnavailableError,
  CorruptBatchError,
  LogTruncatedError,
  OffsetOutOfRangeError,
} from '../errors.ts';
import type { HeldBack } from '../heldBack.ts';
import { isPassing, nameOf, refused } from '../wire/protocolErrors.ts';
import type { Cluster } from './cluster.ts';
import type { FetchAnswer, FetchedPartition } from './fetch.ts';
import { listOffsets } from './offsets.ts';
import { loseLeader, type Reading } from './readings.ts';
import { spanOf } from './recordBatch.ts';

/** A partition that a broker was asked for, and from where. */
export interface Asked {
  reading: Reading;
  position: bigint;
}

/**
 * Takes in what a broker answered. Partitions for which it is the wrong one to ask lose their leader; those that can't go on fail:
 * OffsetOutOfRangeError, LogTruncatedError, CorruptBatchError, ReadRefusedError.
 * @throws ReadRefusedError when that is about all of them
 */
export async function takeAnswer(
  cluster: Cluster,
  all: readonly Asked[],
  answer: FetchAnswer,
  heldBack: HeldBack,
): Promise<void> {
  // Sought elsewhere or removed meanwhile: this is no answer to what is asked now.
  const isAsked = ({ reading, position }: Asked) => reading.position === position && !reading.removed;
  const asked = all.filter(isAsked);
  if (answer.errorCode !== 0 && !isPassing(answer.errorCode)) throw refused('a broker', answer.errorCode);
  const fetched = new Map<string, FetchedPartition>();
  for (const { topicId, partitions } of answer.topics) {
    for (const partition of partitions) fetched.set(`${topicId}/${partition.partition}`, partition);
  }
  // It is to be asked again later, and has said nothing of any partition: not that there is nothing in them.
  if (answer.throttleMs > 0 && fetched.size === 0) return;
  let isAll = true;
  for (const each of asked) {
    const { reading } = each;
    if (!isAsked(each)) continue; // something was looked up for the one before
    const found = fetched.get(`${reading.topicId}/${reading.partition}`);
    isAll &&= found !== undefined;
    try {
      if (found && (await take(cluster, reading, found, heldBack)))
        Object.assign(reading, { failures: 0, failingSince: undefined });
      else loseLeader(reading);
    } catch (error) {
      if (error instanceof BrokerUnavailableError) loseLeader(reading);
      else if (isAsked(each)) reading.failure = { error };
    }
  }
  // Also of those that nobody wants any more: one of them may have had the one batch that comes always.
  const isNothing = [...fetched.values()].every(
    ({ errorCode, bytes }) => errorCode === 0 && bytes.length === 0,
  );
  if (isAll && isNothing) for (const each of asked) if (isAsked(each)) skipGap(each.reading);
}

async function take(
  cluster: Cluster,
  reading: Reading,
  fetched: FetchedPartition,
  heldBack: HeldBack,
): Promise<boolean> {
  const { topic, partition, position } = reading;
  if (nameOf(fetched.errorCode) === 'OFFSET_OUT_OF_RANGE') {
    await assertInRange(cluster, reading);
    return false;
  }
  if (isPassing(fetched.errorCode)) return false;
  if (fetched.errorCode !== 0) throw refused(`${topic}/${partition}`, fetched.errorCode);
  if (fetched.divergedAt !== undefined) {
    const why = `the leader's log is another one from offset ${fetched.divergedAt} on`;
    throw new LogTruncatedError(topic, partition, position, why, fetched.divergedAt);
  }
  takeRecords(reading, fetched, heldBack);
  return true;
}

function takeRecords(
  reading: Reading,
  { bytes, aborted, highWatermark, lastStableOffset }: FetchedPartition,
  heldBack: HeldBack,
): void {
  const { topic, partition, position, until } = reading;
  reading.end = lastStableOffset;
  if (lastStableOffset < highWatermark && lastStableOffset <= position)
    heldBack.note({ topic, partition, offset: position });
  else heldBack.clear({ topic, partition });
  const span = spanOf(bytes, `${topic}/${partition} at or behind offset ${position}`);
  // The share of the answer was used up by others.
  if (span.nextOffset === undefined) return;
  if (span.nextOffset <= position) {
    throw new CorruptBatchError(`${topic}/${partition}`, `it ends before ${position}, which was asked for`);
  }
  const nextOffset = until !== undefined && until < span.nextOffset ? until : span.nextOffset;
  reading.waiting.push({
    topic,
    partition,
    bytes: bytes.subarray(0, span.end),
    from: position,
    nextOffset,
    endOffset: lastStableOffset,
    aborted,
    timestamp: span.firstTimestamp,
  });
  reading.position = nextOffset;
  reading.leaderEpoch = span.leaderEpoch;
}

/**
 * Nothing came for any partition, although each answer brings one batch at least if there is one: what lies before the
 * end was removed by compaction, which can take the last record of a log as well.
 */
function skipGap(reading: Reading): void {
  const { position, until, end, failure } = reading;
  if (failure || end === undefined || position >= end) return;
  const nextOffset = until !== undefined && until < end ? until : end;
  const nothing = { bytes: Buffer.alloc(0), aborted: [], timestamp: -1 };
  const { topic, partition } = reading;
  reading.waiting.push({ topic, partition, from: position, nextOffset, endOffset: end, ...nothing });
  reading.position = nextOffset;
}

/** A new leader may not know for a moment how far the log goes: so what there is is asked for once more. */
async function assertInRange(cluster: Cluster, reading: Reading): Promise<void> {
  const { topic, partition, position } = reading;
  const asked = { topics: [topic], only: [{ topic, partition }] };
  const [earliest, latest] = await Promise.all([
    listOffsets(cluster, asked, 'earliest'),
    listOffsets(cluster, asked, 'latest'),
  ]);
  const there = { earliest: earliest[0]?.offset ?? 0n, latest: latest[0]?.offset ?? 0n };
  if (position < there.earliest || position > there.latest) {
    throw new OffsetOutOfRangeError(topic, partition, position, there);
  }
  // Or the leader has forgotten the term in which what was read was written.
  reading.leaderEpoch = -1;
}
