import { crc32c } from '@node-rs/crc32';
import { CorruptBatchError } from '../errors.ts';

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
const RECORD_COUNT = 57;
const RECORDS = 61;

/** Older formats have other heads, of which the beginning is the same up to here. */
const MAGIC_2 = 2;
const OLD_HEAD = 26;

/** The length counts what comes after itself. */
const BEFORE_LENGTH_COUNTS = LENGTH + 4;

const CODEC_BITS = 0b111;
const LOG_APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

/** What the head of a batch says. */
export interface RecordBatch {
  baseOffset: bigint;
  /** Of the last record as it was written; compaction may have removed it since. */
  lastOffset: bigint;
  /** The format; of others than 2 only the offsets are known. */
  magic: number;
  /** See compression.ts; 0: its records are as they are. */
  codec: number;
  transactional: boolean;
  /** Holds no records, but the end of a transaction. */
  control: boolean;
  producerId: bigint;
  /** Milliseconds since the epoch, as a rule; any 64 bits. -1: none. */
  baseTimestamp: bigint;
  /** Set when the broker's clock counts (LogAppendTime): the time of all records. */
  appendTimestamp: bigint | undefined;
  recordCount: number;
  /** Where its records begin, in the buffer that it was read from; compressed if `codec` says so. */
  recordsStart: number;
  /** Where the next batch begins. */
  end: number;
}

/** The part of a set of batches that can be told without reading them. */
export interface BatchSpan {
  /** Where the last complete batch ends: a broker cuts off where its limit is, in the middle of a batch. */
  end: number;
  /** The offset behind the last complete batch; undefined when none is complete. */
  nextOffset: bigint | undefined;
  /** Of the last complete batch, -1 when none is. */
  leaderEpoch: number;
  /** Of the first batch, in milliseconds since the epoch. */
  firstTimestamp: number;
}

/**
 * Looks over batches that follow one another without reading their records, so that the next ones can be asked for
 * before these are read.
 * @throws CorruptBatchError when a length is none
 */
export function spanOf(bytes: Buffer, where: string): BatchSpan {
  const span: BatchSpan = { end: 0, nextOffset: undefined, leaderEpoch: -1, firstTimestamp: -1 };
  for (let end = endOf(bytes, 0, where); end !== undefined; end = endOf(bytes, end, where)) {
    const start = span.end;
    span.end = end;
    if (bytes.readInt8(start + MAGIC) !== MAGIC_2) {
      span.nextOffset = bytes.readBigInt64BE(start) + 1n;
      continue;
    }
    if (start === 0) span.firstTimestamp = Number(bytes.readBigInt64BE(BASE_TIMESTAMP));
    span.nextOffset = bytes.readBigInt64BE(start) + BigInt(bytes.readInt32BE(start + LAST_OFFSET_DELTA)) + 1n;
    span.leaderEpoch = bytes.readInt32BE(start + LEADER_EPOCH);
  }
  return span;
}

/** Where the batch at `start` ends; undefined when it is not all there. */
function endOf(bytes: Buffer, start: number, where: string): number | undefined {
  if (start + CRC > bytes.length) return undefined;
  const end = start + BEFORE_LENGTH_COUNTS + bytes.readInt32BE(start + LENGTH);
  // At the same place in every format there ever was.
  const head = bytes.readInt8(start + MAGIC) === MAGIC_2 ? RECORDS : OLD_HEAD;
  if (end < start + head) throw new CorruptBatchError(where, 'its length is shorter than its head');
  return end <= bytes.length ? end : undefined;
}

/**
 * Reads the head of the batch at `start`, which has to be all there.
 * @throws CorruptBatchError when its bytes are not those that were written (CRC-32C)
 */
export function readBatch(bytes: Buffer, start: number, where: string): RecordBatch {
  const end = endOf(bytes, start, where);
  if (end === undefined) throw new CorruptBatchError(where, 'it is cut off');
  const magic = bytes.readInt8(start + MAGIC);
  const baseOffset = bytes.readBigInt64BE(start);
  if (magic !== MAGIC_2)
    return { ...NOTHING, magic, baseOffset, lastOffset: baseOffset, recordsStart: end, end };
  if (crc32c(bytes.subarray(start + ATTRIBUTES, end)) !== bytes.readUInt32BE(start + CRC)) {
    throw new CorruptBatchError(where, 'its checksum is not that of its bytes');
  }
  const attributes = bytes.readInt16BE(start + ATTRIBUTES);
  return {
    magic,
    baseOffset,
    lastOffset: baseOffset + BigInt(bytes.readInt32BE(start + LAST_OFFSET_DELTA)),
    codec: attributes & CODEC_BITS,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    producerId: bytes.readBigInt64BE(start + PRODUCER_ID),
    baseTimestamp: bytes.readBigInt64BE(start + BASE_TIMESTAMP),
    appendTimestamp:
      (attributes & LOG_APPEND_TIME) === 0 ? undefined : bytes.readBigInt64BE(start + MAX_TIMESTAMP),
    recordCount: bytes.readInt32BE(start + RECORD_COUNT),
    recordsStart: start + RECORDS,
    end,
  };
}

/** Of a batch in an older format, which none of these is known of. */
const NOTHING = {
  codec: 0,
  transactional: false,
  control: false,
  producerId: -1n,
  baseTimestamp: -1n,
  appendTimestamp: undefined,
  recordCount: 0,
};
