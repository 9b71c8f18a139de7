import type { UnreadableBatchError } from '../errors.ts';
import type { Fetched } from '../fetched.ts';
import type { ReceivedRecord } from '../record.ts';
import type { createAbortedFilter } from './abortedTransactions.ts';
import type { Lookup } from './lookup.ts';
import { RecordCursor } from './recordCursor.ts';

/**
 * Records of one partition that stand one after another, and a cursor on them: `next()` moves it, and everything else tells
 * of the record that it stands on. No object is made for a record or a header unless asked for.
 *
 * @example
 * while (records.next()) {
 *   const type = records.headerIn('ce_type', wanted);
 *   if (type) type.take(records.bytes, records.valueStart);
 * }
 */
export interface Records {
  readonly topic: string;
  readonly partition: number;
  /** Where reading goes on once all of these were taken: what to store as the position. */
  readonly nextOffset: bigint;
  /** The offset behind the last committed record of the partition, when these were fetched. */
  readonly endOffset: bigint;
  /** How many bytes they took on the wire. */
  readonly byteLength: number;

  /**
   * Moves to the next record; false when there is none.
   * @throws CorruptBatchError; UnreadableBatchError, unless somebody is told of it instead
   */
  next(): boolean;
  /** The same records, from the first one on, for who has to know before it takes them; what nobody can read is left out. */
  again(): Records;

  readonly offset: bigint;
  /** Milliseconds since the epoch; -1 when the record has none. */
  readonly timestamp: number;
  /** What the positions below are positions of. They hold until `next()`; the bytes stay as they are. */
  readonly bytes: Buffer;
  readonly keyStart: number;
  /** Equal to `keyStart` for an empty key, smaller when there is none. */
  readonly keyEnd: number;
  readonly valueStart: number;
  /** Equal to `valueStart` for an empty value, smaller for a tombstone. */
  readonly valueEnd: number;

  /** A view of the key. It keeps all the bytes that came with it in memory, as every view does. */
  key(): Buffer | null;
  /** The key as text. */
  keyText(): string | null;
  /** A view of the value; null: a tombstone. */
  value(): Buffer | null;
  readonly headerCount: number;
  /** A view of a header's value, undefined when there is none of that name. Of several the last one counts. */
  header(name: string): Buffer | null | undefined;
  /** What belongs to a header's value, for headers that have one of few values. */
  headerIn<Value>(name: string, lookup: Lookup<Value>): Value | undefined;
  /** The record as consumers know it: an object of its own, which stays as it is when the cursor moves on. */
  received(): ReceivedRecord;
}

export interface RecordsOptions extends Omit<Fetched, 'timestamp'> {
  /** Records at and above are left out; left out, none. */
  until?: bigint | undefined;
  /** Tells which batches are left out, in their place: for who makes a cursor for each batch. By default one of `aborted`. */
  isAborted?: ReturnType<typeof createAbortedFilter>;
  /** What a batch may unpack to, in bytes; left out, as much as any may. */
  limit?: number | undefined;
  /** See ReadOptions. */
  onUnreadable?: ((error: UnreadableBatchError) => void) | undefined;
}

export const createRecords = (options: RecordsOptions): Records => new RecordCursor(options);
