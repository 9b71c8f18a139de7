import { crc32c } from '@node-rs/crc32';
import { isTime, type OutgoingRecord } from '../../../record.ts';

/**
 * Where things are in a record batch, in bytes from its beginning. All integers are big-endian.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
const LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORD_COUNT = 57;
const RECORDS = 61;

const TRANSACTIONAL = 1 << 4;

/** The records of a batch, as they are in it before they are packed, behind room for its head. */
export interface WrittenRecords {
  bytes: Buffer;
  count: number;
  /** Milliseconds since the epoch. */
  firstTimestamp: number;
  maxTimestamp: number;
}

/** What the head of a batch says of its producer (KIP-98). */
export interface BatchProducer {
  id: bigint;
  epoch: number;
  /** Of the first record, counted for each partition. */
  sequence: number;
  transactional: boolean;
}

/** What memory for a batch begins with, in bytes; up to how many it is used again, and for how many batches at most. */
const FIRST_SIZE = 64 * 1024;
const MOST_KEPT = 1024 * 1024;
const KEPT_BATCHES = 64;
/** Up to here a loop over characters takes less than a call into Node: some 60 ns. */
const SHORT_TEXT = 24;
/** The most bytes that a varint of 64 bits takes. */
const VARINT = 10;
/** The most bytes of UTF-8 that one UTF-16 unit becomes. */
const WIDEST = 3;
/** Sums up to here are exact, and so are their doubles. */
const EXACT = 2 ** 51;

/**
 * Writes records as Kafka has them, one behind the other into a buffer that grows: nothing is made for a record or a header. The buffers are
 * used again, since memory outside of the heap, which they take, makes V8 collect garbage all over the heap.
 *
 * A class for the sake of V8, as RecordCursor, which reads them.
 */
export class BatchWriter {
  readonly #free: Buffer[] = [];
  #bytes: Buffer = Buffer.allocUnsafeSlow(0);
  #at = 0;

  /** @param now the time of records that have none, in milliseconds since the epoch */
  write(records: readonly OutgoingRecord[], now: number): WrittenRecords {
    this.#bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.#at = RECORDS;
    const firstTimestamp = timeOf(records[0], now);
    let maxTimestamp = firstTimestamp;
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as OutgoingRecord;
      const timestamp = timeOf(record, now);
      if (timestamp > maxTimestamp) maxTimestamp = timestamp;
      this.#record(record, i, timestamp - firstTimestamp, timestamp, firstTimestamp);
    }
    const bytes = this.#bytes.subarray(0, this.#at);
    return { bytes, count: records.length, firstTimestamp, maxTimestamp };
  }

  /** Nobody reads these any more: their memory may be that of other records. */
  release({ bytes: { buffer } }: WrittenRecords): void {
    if (this.#free.length < KEPT_BATCHES && buffer.byteLength <= MOST_KEPT)
      this.#free.push(Buffer.from(buffer));
  }

  #record(
    { key, value, headers, rawHeaders }: OutgoingRecord,
    offsetDelta: number,
    timestampDelta: number,
    timestamp: number,
    firstTimestamp: number,
  ): void {
    let headerCount = 0;
    // As if all characters took one byte, which is nearly always so.
    let size = 1 + fieldSize(key?.length ?? -1) + fieldSize(value?.length ?? -1) + intSize(offsetDelta);
    size += longSize(timestampDelta);
    let characters = key?.length ?? 0;
    for (const name in headers) {
      const values = headers[name];
      const several = Array.isArray(values);
      for (let i = 0; i < (several ? values.length : 1); i++) {
        const each = several ? values[i] : values;
        const length = each?.length ?? -1;
        size += fieldSize(name.length) + fieldSize(length);
        characters += name.length + length + 1;
        headerCount++;
      }
    }
    if (rawHeaders) {
      for (const [name, each] of rawHeaders) {
        size += fieldSize(name.length) + fieldSize(each?.length ?? -1);
        characters += name.length + (each?.length ?? 0);
        headerCount++;
      }
    }
    size += intSize(headerCount);
    this.#makeRoom(size + WIDEST * characters + VARINT * (4 + 2 * headerCount));

    const start = this.#at;
    this.#int(size);
    const bodyStart = this.#at;
    this.#bytes[this.#at++] = 0; // attributes, of which there are none yet
    if (Math.abs(timestampDelta) < EXACT) this.#long(timestampDelta);
    else this.#bigLong(BigInt(timestamp) - BigInt(firstTimestamp));
    this.#int(offsetDelta);
    this.#field(key);
    this.#field(value);
    this.#int(headerCount);
    if (rawHeaders) {
      for (const [name, each] of rawHeaders) {
        this.#field(name);
        this.#field(each);
      }
    }
    for (const name in headers) {
      const values = headers[name];
      if (Array.isArray(values)) {
        for (const each of values) {
          this.#field(name);
          this.#field(each);
        }
      } else {
        this.#field(name);
        this.#field(values ?? null);
      }
    }
    if (this.#at - bodyStart !== size) this.#correctSize(start, bodyStart);
  }

  /** Some of its characters took more than one byte. */
  #correctSize(start: number, bodyStart: number): void {
    const size = this.#at - bodyStart;
    const shift = start + intSize(size) - bodyStart;
    if (shift !== 0) this.#bytes.copyWithin(bodyStart + shift, bodyStart, this.#at);
    this.#at = start;
    this.#int(size);
    this.#at += size;
  }

  #makeRoom(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  #field(field: string | Buffer | null): void {
    if (typeof field === 'string') this.#text(field);
    else if (field === null) this.#int(-1);
    else this.#buffer(field);
  }

  #buffer(from: Buffer): void {
    const { length } = from;
    this.#int(length);
    if (length <= SHORT_TEXT) {
      const bytes = this.#bytes;
      let at = this.#at;
      for (let i = 0; i < length; i++) bytes[at++] = from[i] as number;
      this.#at = at;
    } else {
      from.copy(this.#bytes, this.#at);
      this.#at += length;
    }
  }

  #text(text: string): void {
    const { length } = text;
    const start = this.#at;
    this.#int(length);
    if (length <= SHORT_TEXT) {
      const bytes = this.#bytes;
      let at = this.#at;
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) {
          this.#wideText(text, start);
          return;
        }
        bytes[at++] = code;
      }
      this.#at = at;
    } else if (this.#bytes.write(text, this.#at, 'utf8') === length) this.#at += length;
    else this.#wideText(text, start);
  }

  #wideText(text: string, start: number): void {
    this.#at = start;
    this.#int(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  /** A zigzag varint of 32 bits. @see https://protobuf.dev/programming-guides/encoding/#varints */
  #int(value: number): void {
    let left = ((value << 1) ^ (value >> 31)) >>> 0;
    while (left >= 0x80) {
      this.#bytes[this.#at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#bytes[this.#at++] = left;
  }

  /** The same of what may be longer than the 32 bits of JavaScript's bit operations. */
  #long(value: number): void {
    let left = value < 0 ? -2 * value - 1 : 2 * value;
    while (left >= 0x80) {
      this.#bytes[this.#at++] = (left % 0x80) | 0x80;
      left = Math.floor(left / 0x80);
    }
    this.#bytes[this.#at++] = left;
  }

  /** Between the first and the last time that a Date can have there are more milliseconds than a number counts. */
  #bigLong(value: bigint): void {
    let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    for (; left >= 0x80n; left >>= 7n) this.#bytes[this.#at++] = Number(left & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(left);
  }
}

/** Only what comes from our own clock or a Date that is one: whoever passes on a time that is none sends it with the time of sending. */
const timeOf = (record: OutgoingRecord | undefined, now: number): number =>
  isTime(record?.timestamp) ? record.timestamp.getTime() : now;

const fieldSize = (length: number): number => intSize(length) + Math.max(0, length);

function intSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

/** Up to what #bigLong is for, of which it says too little: #correctSize mends that. */
function longSize(value: number): number {
  let bytes = 1;
  for (let left = value < 0 ? -2 * value - 1 : 2 * value; left >= 0x80; left = Math.floor(left / 0x80))
    bytes++;
  return bytes;
}

/**
 * Makes a batch of records by writing its head before them.
 * @param codec see compression.ts; `packed` is then what goes out in the place of the records
 * @returns the whole batch
 */
export function seal(
  { bytes, count, firstTimestamp, maxTimestamp }: WrittenRecords,
  { id, epoch, sequence, transactional }: BatchProducer,
  { codec, packed }: { codec: number; packed?: Buffer } = { codec: 0 },
): Buffer {
  const batch = packed ? Buffer.allocUnsafeSlow(RECORDS + packed.length) : bytes;
  packed?.copy(batch, RECORDS);
  batch.writeBigInt64BE(0n, 0); // the broker says which offset it gets
  batch.writeInt32BE(batch.length - LENGTH - 4, LENGTH);
  batch.writeInt32BE(-1, LEADER_EPOCH);
  batch.writeInt8(2, MAGIC);
  batch.writeInt16BE(codec | (transactional ? TRANSACTIONAL : 0), ATTRIBUTES);
  batch.writeInt32BE(count - 1, LAST_OFFSET_DELTA);
  batch.writeBigInt64BE(BigInt(firstTimestamp), BASE_TIMESTAMP);
  batch.writeBigInt64BE(BigInt(maxTimestamp), MAX_TIMESTAMP);
  batch.writeBigInt64BE(id, PRODUCER_ID);
  batch.writeInt16BE(epoch, PRODUCER_EPOCH);
  batch.writeInt32BE(sequence, BASE_SEQUENCE);
  batch.writeInt32BE(count, RECORD_COUNT);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES)), CRC);
  return batch;
}

/** The records of a written batch, without the room for its head. */
export const recordsOf = ({ bytes }: WrittenRecords): Buffer => bytes.subarray(RECORDS);
