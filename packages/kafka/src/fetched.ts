import type { Batch } from 'kafkajs';
import { type AbortedTransaction, createAbortedFilter } from './reader/abortedTransactions.ts';
import { type RecordBatch, readBatch, spanOf } from './reader/recordBatch.ts';
import { createRecords, type Records } from './reader/records.ts';
import type { ReceivedRecord } from './record.ts';

/** What a fetch brought of one partition: record batches as they came. */
export interface Fetched {
  topic: string;
  partition: number;
  /** The offset that was asked for; the first batch may begin earlier. */
  from: bigint;
  /** Record batches of magic 2, the last one perhaps cut off. */
  bytes: Buffer;
  aborted: readonly AbortedTransaction[];
}

/** Offsets of a partition that nobody will ever get: a batch that can't be unpacked, or what was deleted before it was read. */
export interface Gap {
  topic: string;
  partition: number;
  firstOffset: bigint;
  lastOffset: bigint;
  /** `unreadable`: it is still in the topic, and only we can't read it. `deleted`: it is gone. */
  why: 'unreadable' | 'deleted';
  error: Error;
}

export const fetchedOf = ({
  topic,
  partition,
  fetchedOffset,
  bytes,
  abortedTransactions,
}: Batch): Fetched => ({
  topic,
  partition,
  from: BigInt(fetchedOffset),
  bytes,
  aborted: abortedTransactions.map(({ producerId, firstOffset }) => ({
    producerId: BigInt(producerId),
    firstOffset: BigInt(firstOffset),
  })),
});

/** The offset behind what was fetched: where the partition goes on. The one that was asked for, if no batch came whole. */
export function nextOffsetOf({ topic, partition, from, bytes }: Fetched): bigint {
  const next = spanOf(bytes, `${topic}/${partition} at or behind offset ${from}`).nextOffset;
  return next !== undefined && next > from ? next : from;
}

/**
 * The records of what was fetched, in order, and the gaps between them: what can't be read costs its own batch and no other. Lazily, and
 * one batch unpacked at a time.
 *
 * @throws CorruptBatchError when it can't even be told where the next batch begins
 */
export function* walk(fetched: Fetched): Generator<ReceivedRecord | Gap> {
  const { topic, partition, from, bytes } = fetched;
  const where = `${topic}/${partition} at or behind offset ${from}`;
  const isAborted = createAbortedFilter(fetched.aborted);
  const { end } = spanOf(bytes, where);
  for (let start = 0; start < end; ) {
    const batch = bytes.subarray(start, start + BEFORE_LENGTH_COUNTS + bytes.readInt32BE(start + LENGTH));
    start += batch.length;
    const next = spanOf(batch, where).nextOffset ?? 0n;
    if (next <= from) continue;
    const base = batch.readBigInt64BE();
    const rest = base < from ? { ...fetched, bytes: batch } : { ...fetched, from: base, bytes: batch };
    yield* walkBatch(rest, next, isAborted);
  }
}

/** Where in a batch its length is, which counts what comes after itself. */
const LENGTH = 8;
const BEFORE_LENGTH_COUNTS = LENGTH + 4;

function* walkBatch(
  { topic, partition, from, bytes }: Fetched,
  nextOffset: bigint,
  isAborted: (batch: RecordBatch) => boolean,
): Generator<ReceivedRecord | Gap> {
  let offset = from;
  let records: Records | undefined;
  while (offset < nextOffset) {
    try {
      if (!records) {
        if (isAborted(readBatch(bytes, 0, `${topic}/${partition} at offset ${from}`))) return;
        const range = { from, until: undefined, nextOffset, endOffset: nextOffset };
        records = createRecords({ topic, partition, bytes, ...range, aborted: [] });
      }
      if (!records.next()) return;
      const record = records.received();
      offset = record.offset + 1n;
      yield record;
    } catch (error) {
      // Whatever it was: what these bytes are does not change.
      const place = { topic, partition };
      const gap = gapOf(error, place) ?? {
        ...{ ...place, firstOffset: offset, lastOffset: nextOffset - 1n, why: 'unreadable' as const },
        error: error instanceof Error ? error : new Error(String(error)),
      };
      yield { ...gap, firstOffset: offset };
      offset = gap.lastOffset + 1n;
    }
  }
}

/**
 * The gap that an error of the reader's leaves, when it says which offsets it is about: those of a batch that nobody can read. Behind it reading
 * goes on.
 */
export function gapOf(
  error: unknown,
  { topic, partition }: Pick<Gap, 'topic' | 'partition'>,
): Gap | undefined {
  if (!(error instanceof Error && 'from' in error && 'until' in error)) return undefined;
  const { from, until } = error;
  if (typeof from !== 'bigint' || typeof until !== 'bigint') return undefined;
  return { topic, partition, firstOffset: from, lastOffset: until - 1n, why: 'unreadable', error };
}

export const isGap = (step: ReceivedRecord | Gap): step is Gap => 'why' in step;
