import { type AbortedTransaction, createAbortedFilter } from './reader/abortedTransactions.ts';
import { spanOf } from './reader/recordBatch.ts';
import { createRecords, type RecordsOptions } from './reader/records.ts';
import { type ReceivedRecord, RecordOfBytes, type TopicPartition } from './record.ts';

/** What a fetch brought of one partition: record batches as they came. */
export interface Fetched extends TopicPartition {
  /** The offset that was asked for; the first batch may begin earlier. */
  from: bigint;
  /** Record batches, the last one complete. */
  bytes: Buffer;
  aborted: readonly AbortedTransaction[];
  /** Behind the last record; there may be none. */
  nextOffset: bigint;
  /** Behind the last committed record of the partition, when it was fetched. */
  endOffset: bigint;
  /** Of its first batch, in milliseconds since the epoch. */
  timestamp: number;
}

/** Offsets of a partition that nobody will ever get: a batch that can't be unpacked, or what was deleted before it was read. */
export interface Gap extends TopicPartition {
  firstOffset: bigint;
  lastOffset: bigint;
  /** `unreadable`: it is still in the topic, and only we can't read it. `deleted`: it is gone. */
  why: 'unreadable' | 'deleted';
  error: Error;
}

/** The records of one batch, one after the other. */
export interface BatchWalk {
  /**
   * What the walk has got to: a record, a gap where there are some that can't be read, or undefined: the end. `large` comes before the first of
   * them, when the batch unpacks to more than `limit`: it is unpacked by the next call, and not before.
   */
  next(): ReceivedRecord | Gap | 'large' | undefined;
  /** How many headers the record has. */
  readonly headerCount: number;
}

/**
 * A walk over each batch of what was fetched, in order: what can't be read costs its own batch and no other. Lazily, and one batch unpacked at
 * a time.
 * @param limit what a batch may unpack to before that is told, in bytes; left out, none is told of
 */
export function* batchesOf(fetched: Fetched, limit?: number): Generator<BatchWalk> {
  const { topic, partition, from, bytes } = fetched;
  const where = `${topic}/${partition} at or behind offset ${from}`;
  const isAborted = createAbortedFilter(fetched.aborted);
  for (let start = 0; start < bytes.length; ) {
    const batch = bytes.subarray(start, start + BEFORE_LENGTH_COUNTS + bytes.readInt32BE(start + LENGTH));
    start += batch.length;
    const nextOffset = spanOf(batch, where).nextOffset ?? 0n;
    if (nextOffset <= from) continue;
    const base = batch.readBigInt64BE();
    yield createBatchWalk({
      ...fetched,
      from: later(base, from),
      bytes: batch,
      nextOffset,
      isAborted,
      limit,
    });
  }
}

/** Where in a batch its length is, which counts what comes after itself. */
const LENGTH = 8;
const BEFORE_LENGTH_COUNTS = LENGTH + 4;

function createBatchWalk(batch: Omit<RecordsOptions, 'until' | 'onUnreadable'>): BatchWalk {
  const { topic, partition, nextOffset } = batch;
  let records = createRecords(batch);
  let mayBeLarge = batch.limit !== undefined;
  let offset = batch.from;
  return {
    next() {
      if (offset >= nextOffset) return undefined;
      try {
        if (!records.next()) return undefined;
        mayBeLarge = false;
        offset = records.offset + 1n;
        return records.received();
      } catch (error) {
        if (mayBeLarge) {
          // Or broken: that is known when it is unpacked without this limit.
          mayBeLarge = false;
          records = createRecords({ ...batch, limit: undefined });
          return 'large';
        }
        // Whatever it was: what these bytes are does not change.
        const place = { topic, partition };
        const gap = gapOf(error, place) ?? {
          ...{ ...place, firstOffset: offset, lastOffset: nextOffset - 1n, why: 'unreadable' as const },
          error: error instanceof Error ? error : new Error(String(error)),
        };
        const firstOffset = offset;
        offset = gap.lastOffset + 1n;
        return { ...gap, firstOffset };
      }
    },
    get headerCount() {
      return records.headerCount;
    },
  };
}

/**
 * The gap that an error of the reader's leaves, when it says which offsets it is about: those of a batch that nobody can read. Behind it reading
 * goes on.
 */
export function gapOf(error: unknown, { topic, partition }: TopicPartition): Gap | undefined {
  if (!(error instanceof Error && 'from' in error && 'until' in error)) return undefined;
  const { from, until } = error;
  if (typeof from !== 'bigint' || typeof until !== 'bigint') return undefined;
  return { topic, partition, firstOffset: from, lastOffset: until - 1n, why: 'unreadable', error };
}

export const isGap = (step: ReceivedRecord | Gap): step is Gap => !(step instanceof RecordOfBytes);

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
