import { crc32c } from '@node-rs/crc32';
import { compressionsAlgorithms } from '../wire/protocol.ts';

export interface TestRecord {
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [name: string | Buffer, value: Buffer | null])[];
  timestamp: number | bigint;
}

export interface TestBatch {
  baseOffset: bigint;
  records: readonly TestRecord[];
  compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Written within a transaction of this producer. */
  producerId?: bigint;
  /** The end of a transaction, not records. */
  control?: boolean;
  logAppendTime?: boolean;
  forms?: OddForms;
}

/** What brokers take, although no library writes it. */
export interface OddForms {
  /** The length that says that there is nothing: any negative one. By default -1. */
  nullLength?: number;
  /** Whether numbers of 32 bits have five bytes, with bits beyond. */
  overlong?: boolean;
  /** What records say of their offsets, instead of 0, 1, 2 …: brokers look at that in compressed batches only. */
  offsetDeltas?: readonly number[];
}

const LOG_APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

/**
 * A record batch as Kafka's documentation describes it, written with no regard for speed. For this package's own tests.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export function batchOf(batch: TestBatch): Buffer {
  const { baseOffset, records, compression = 'none', producerId = -1n } = batch;
  const timestamps = records.map(({ timestamp }) => BigInt(timestamp));
  const baseTimestamp = timestamps[0] ?? -1n;
  const codec = compressionsAlgorithms[compression];
  const forms = batch.forms ?? {};
  const plain = Buffer.concat(records.map((record, i) => recordOf(record, i, baseTimestamp, forms)));
  const body = compression === 'none' ? plain : codec.compressSync(plain);

  const head = Buffer.alloc(61);
  head.writeBigInt64BE(baseOffset, 0);
  head.writeInt32BE(head.length - 12 + body.length, 8);
  head.writeInt8(2, 16);
  const flags =
    (batch.logAppendTime ? LOG_APPEND_TIME : 0) |
    (producerId >= 0n ? TRANSACTIONAL : 0) |
    (batch.control ? CONTROL : 0);
  head.writeInt16BE(codec.bitmask | flags, 21);
  head.writeInt32BE(records.length - 1, 23);
  head.writeBigInt64BE(baseTimestamp, 27);
  head.writeBigInt64BE(timestamps.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? baseTimestamp, 35);
  head.writeBigInt64BE(producerId, 43);
  head.writeInt32BE(records.length, 57);
  return sealed(Buffer.concat([head, body]));
}

/** With the checksum that its bytes call for: also of a batch that was made wrong on purpose. */
export function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function recordOf(
  { key, value, headers, timestamp }: TestRecord,
  offsetDelta: number,
  baseTimestamp: bigint,
  { nullLength = -1, overlong, offsetDeltas }: OddForms,
) {
  const int = overlong ? overlongVarint : varint;
  const lengthAnd = (bytes: Buffer | null) =>
    bytes === null ? int(nullLength) : Buffer.concat([int(bytes.length), bytes]);
  const record = Buffer.concat([
    Buffer.of(0),
    varint(BigInt(timestamp) - baseTimestamp),
    int(offsetDeltas?.[offsetDelta] ?? offsetDelta),
    lengthAnd(key),
    lengthAnd(value),
    int(headers.length),
    ...headers.flatMap(([name, value]) => [lengthAnd(Buffer.from(name as string)), lengthAnd(value)]),
  ]);
  return Buffer.concat([int(record.length), record]);
}

/** In five bytes, whose last one has a bit that does not count. */
function overlongVarint(value: number): Buffer {
  const zigzag = (value << 1) ^ (value >> 31);
  const byte = (shift: number) => ((zigzag >>> shift) & 0x7f) | 0x80;
  return Buffer.of(byte(0), byte(7), byte(14), byte(21), (zigzag >>> 28) | 0x10);
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  const long = BigInt.asIntN(64, BigInt(value));
  let left = BigInt.asUintN(64, (long << 1n) ^ (long >> 63n));
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.of(...bytes, Number(left));
}
