import { CorruptBatchError } from '../errors.ts';
import { fromMessage, type ReceivedRecord } from '../record.ts';
import { type AbortedTransaction, createAbortedFilter } from './abortedTransactions.ts';
import { decompress } from './compression.ts';
import { isAt, type Lookup } from './lookup.ts';
import { readBatch } from './recordBatch.ts';

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
   * @throws CorruptBatchError
   */
  next(): boolean;

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
  /** A view of a header's value, undefined when there is none of that name. Of several the last one counts. */
  header(name: string): Buffer | null | undefined;
  /** What belongs to a header's value, for headers that have one of few values. */
  headerIn<Value>(name: string, lookup: Lookup<Value>): Value | undefined;
  /** The record as consumers know it: an object of its own, headers and all. */
  received(): ReceivedRecord;
}

export interface RecordsOptions {
  topic: string;
  partition: number;
  /** Record batches of magic 2, the last one complete. */
  bytes: Buffer;
  /** Records below are left out: a batch comes whole, even if it began earlier. */
  from: bigint;
  /** Records at and above are left out. */
  until: bigint | undefined;
  nextOffset: bigint;
  endOffset: bigint;
  aborted: readonly AbortedTransaction[];
}

const nameBytes = new Map<string, Buffer>();

/** Header names are few, and stand in the code. */
function bytesOfName(name: string): Buffer {
  const known = nameBytes.get(name) ?? Buffer.from(name);
  nameBytes.set(name, known);
  return known;
}

export function createRecords(options: RecordsOptions): Records {
  const { topic, partition, from, until, nextOffset, endOffset } = options;
  const where = `${topic}/${partition} at or behind offset ${from}`;
  const isAborted = createAbortedFilter(options.aborted);

  /** Where the next batch begins. */
  let nextBatch = 0;
  let baseOffset = 0n;
  let baseTimestamp = -1;
  let appendTimestamp: number | undefined;
  let recordsLeft = 0;
  /** Which offsets of the batch are wanted, relative to its base: plain numbers. */
  let fromDelta = 0;
  let untilDelta = 0;

  /** The records of the batch: `bytes` up to `limit`. */
  let bytes = options.bytes;
  let limit = 0;
  let position = 0;
  let recordEnd = 0;
  let offsetDelta = 0;
  let timestampDelta = 0;
  let keyStart = 0;
  let keyEnd = -1;
  let valueStart = 0;
  let valueEnd = -1;
  let headersStart = 0;

  /**
   * A zigzag varint of any length. Two bytes are the most that most of them have; what is longer may not fit into the 32
   * bits of JavaScript's bit operations. Behind the end it reads zeros: whoever calls looks where it got to.
   * @see https://protobuf.dev/programming-guides/encoding/#varints
   */
  function varint(): number {
    const first = bytes[position++] as number;
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    const second = bytes[position++] as number;
    let value = (first & 0x7f) | ((second & 0x7f) << 7);
    if (second < 0x80) return (value >>> 1) ^ -(value & 1);
    for (let scale = 0x4000, byte = second; byte >= 0x80; scale *= 0x80) {
      byte = bytes[position++] as number;
      value += (byte & 0x7f) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  const corrupt = (why: string) => new CorruptBatchError(where, why);

  /** Goes to the next batch that has records for us. */
  function nextBatchOfOurs(): boolean {
    if (recordEnd !== limit) throw corrupt('its records end before it does');
    while (nextBatch < options.bytes.length) {
      const batch = readBatch(options.bytes, nextBatch, where);
      nextBatch = batch.end;
      if (isAborted(batch) || batch.lastOffset < from) continue;
      if (until !== undefined && batch.baseOffset >= until) continue;

      ({ baseOffset, baseTimestamp, appendTimestamp, recordCount: recordsLeft } = batch);
      fromDelta = Number(from - baseOffset);
      untilDelta = until === undefined ? Number.POSITIVE_INFINITY : Number(until - baseOffset);
      bytes = options.bytes;
      position = batch.recordsStart;
      limit = batch.end;
      if (batch.codec) {
        bytes = decompress(batch.codec, bytes.subarray(position, limit), where);
        position = 0;
        limit = bytes.length;
      }
      recordEnd = position;
      return true;
    }
    return false;
  }

  /** @see https://kafka.apache.org/documentation/#record */
  function nextRecord(): void {
    position = recordEnd;
    recordsLeft--;
    const length = varint();
    recordEnd = position + length;
    position++; // attributes, of which there are none yet
    timestampDelta = varint();
    offsetDelta = varint();
    const keyLength = varint();
    keyStart = position;
    keyEnd = keyStart + keyLength;
    if (keyLength > 0) position = keyEnd;
    const valueLength = varint();
    valueStart = position;
    valueEnd = valueStart + valueLength;
    if (valueLength > 0) position = valueEnd;
    headersStart = position;
    // Said so that what is not a number does not pass either.
    if (!(keyLength >= -1 && valueLength >= -1 && position < recordEnd && recordEnd <= limit)) {
      throw corrupt('a record has other lengths than it says');
    }
  }

  let headersLeft = 0;
  let nameStart = 0;
  let nameEnd = 0;
  let headerStart = 0;
  let headerEnd = 0;

  function rewindHeaders(): void {
    position = headersStart;
    headersLeft = varint();
  }

  function nextHeader(): boolean {
    if (headersLeft-- <= 0) return false;
    const nameLength = varint();
    nameStart = position;
    nameEnd = position += nameLength;
    const valueLength = varint();
    headerStart = position;
    headerEnd = position + valueLength;
    if (valueLength > 0) position = headerEnd;
    if (!(nameLength >= 0 && valueLength >= -1 && position <= recordEnd)) {
      throw corrupt('a header has other lengths than it says');
    }
    return true;
  }

  /** Leaves where the value is in `headerStart` and `headerEnd`. */
  function findHeader(name: string): boolean {
    const wanted = bytesOfName(name);
    let start = -1;
    let end = -1;
    rewindHeaders();
    while (nextHeader()) {
      if (nameEnd - nameStart !== wanted.length || !isAt(bytes, nameStart, wanted)) continue;
      start = headerStart;
      end = headerEnd;
    }
    headerStart = start;
    headerEnd = end;
    return start >= 0;
  }

  const view = (start: number, end: number) => (end < start ? null : bytes.subarray(start, end));

  function headersOfRecord(): Record<string, Buffer | Buffer[]> {
    // Without a prototype: a header may have any name, also `__proto__`.
    const headers: Record<string, Buffer | Buffer[]> = Object.create(null);
    rewindHeaders();
    while (nextHeader()) {
      const value = view(headerStart, headerEnd);
      if (value === null) continue;
      const name = bytes.toString('utf8', nameStart, nameEnd);
      const before = headers[name];
      headers[name] = before === undefined ? value : [before, value].flat();
    }
    return headers;
  }

  return {
    topic,
    partition,
    nextOffset,
    endOffset,
    byteLength: options.bytes.length,
    next() {
      do {
        while (recordsLeft === 0) if (!nextBatchOfOurs()) return false;
        nextRecord();
      } while (offsetDelta < fromDelta || offsetDelta >= untilDelta);
      return true;
    },
    get offset() {
      return baseOffset + BigInt(offsetDelta);
    },
    get timestamp() {
      return appendTimestamp ?? baseTimestamp + timestampDelta;
    },
    get bytes() {
      return bytes;
    },
    get keyStart() {
      return keyStart;
    },
    get keyEnd() {
      return keyEnd;
    },
    get valueStart() {
      return valueStart;
    },
    get valueEnd() {
      return valueEnd;
    },
    key: () => view(keyStart, keyEnd),
    keyText: () => (keyEnd < keyStart ? null : bytes.toString('utf8', keyStart, keyEnd)),
    value: () => view(valueStart, valueEnd),
    header: (name) => (findHeader(name) ? view(headerStart, headerEnd) : undefined),
    headerIn: (name, lookup) => (findHeader(name) ? lookup.find(bytes, headerStart, headerEnd) : undefined),
    received() {
      return fromMessage(topic, partition, {
        key: this.key(),
        value: this.value(),
        offset: String(this.offset),
        timestamp: String(this.timestamp),
        attributes: 0,
        headers: headersOfRecord(),
      });
    },
  };
}
