import { CorruptBatchError, LogTruncatedError, OffsetOutOfRangeError } from '../errors.ts';
import type { HeldBack } from '../heldBack.ts';
import { isPassing, nameOf, refused } from '../wire/protocolErrors.ts';
import type { Cluster } from './cluster.ts';
import type { FetchAnswer, FetchedPartition } from './fetch.ts';
import { listOffsets } from './offsets.ts';
import { loseLeader, type Reading, type ReadOptions } from './readings.ts';
import { spanOf } from './recordBatch.ts';
import { createRecords } from './records.ts';

/** Who is told of what comes instead of records. */
interface Told {
  onUnreadable: ReadOptions['onUnreadable'];
  heldBack: HeldBack;
}

/**
 * Takes in what a broker answered. Partitions for which it is the wrong one to ask lose their leader.
 * @param asked the partitions it was asked for
 * @throws OffsetOutOfRangeError, LogTruncatedError, CorruptBatchError, ReadRefusedError: reading can't go on
 */
export async function takeAnswer(
  cluster: Cluster,
  asked: readonly Reading[],
  answer: FetchAnswer,
  told: Told,
): Promise<void> {
  if (answer.errorCode !== 0 && !isPassing(answer.errorCode)) throw refused('a broker', answer.errorCode);
  const fetched = new Map<string, FetchedPartition>();
  for (const { topicId, partitions } of answer.topics) {
    for (const partition of partitions) fetched.set(`${topicId}/${partition.partition}`, partition);
  }
  // It is to be asked again later, and has said nothing of any partition: not that there is nothing in them.
  if (answer.throttleMs > 0 && fetched.size === 0) return;
  let nothing = true;
  for (const reading of asked) {
    const found = fetched.get(`${cluster.topicId(reading.topic)}/${reading.partition}`);
    nothing &&= found?.errorCode === 0 && found.bytes.length === 0;
    if (found && (await take(cluster, reading, found, told))) reading.failures = 0;
    else loseLeader(reading);
  }
  if (nothing) asked.forEach(skipGap);
}

async function take(
  cluster: Cluster,
  reading: Reading,
  fetched: FetchedPartition,
  told: Told,
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
  takeRecords(reading, fetched, told);
  return true;
}

function takeRecords(
  reading: Reading,
  { bytes, aborted, highWatermark, lastStableOffset }: FetchedPartition,
  { onUnreadable, heldBack }: Told,
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
  const records = createRecords({
    topic,
    partition,
    bytes: bytes.subarray(0, span.end),
    from: position,
    until,
    nextOffset,
    endOffset: lastStableOffset,
    aborted,
    onUnreadable,
  });
  reading.waiting.push({ records, timestamp: span.firstTimestamp });
  reading.position = nextOffset;
  reading.leaderEpoch = span.leaderEpoch;
}

/**
 * Nothing came for any partition, although each answer brings one batch at least if there is one: what lies before the
 * end was removed by compaction, which can take the last record of a log as well.
 */
function skipGap(reading: Reading): void {
  const { position, until, end } = reading;
  if (end === undefined || position >= end) return;
  reading.position = until !== undefined && until < end ? until : end;
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
