import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { CorruptBatchError, messageOf } from '../errors.ts';
import { compressionsAlgorithms } from '../wire/protocol.ts';

/** Makes the records of a batch readable; undefined when they are as they are. */
export type Codec = ((bytes: Buffer) => Buffer) | undefined;

/**
 * A batch takes as much memory as its records take unpacked, whatever its size on the wire is. Brokers take 1 MiB by
 * default (message.max.bytes); what unpacks to more than this was made to hurt.
 */
const LARGEST_BATCH = 128 * 1024 * 1024;

/**
 * By the number that stands in a batch. Snappy and LZ4 are WebAssembly, which was faster than the native packages, that
 * pay for each crossing and each buffer; snappy comes bare, or in the framing of xerial's Java library, as Kafka writes it.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
const codecs: readonly Codec[] = [
  undefined,
  (bytes) => gunzipSync(bytes, { maxOutputLength: LARGEST_BATCH }),
  compressionsAlgorithms.snappy.decompressSync,
  compressionsAlgorithms.lz4.decompressSync,
  (bytes) => zstdDecompressSync(bytes, { maxOutputLength: LARGEST_BATCH }),
];

/** @throws CorruptBatchError for a number that Kafka has not given out yet */
export function codecOf(number: number, where: string): Codec {
  if (number >= codecs.length) throw new CorruptBatchError(where, `its codec ${number} is unknown`);
  return codecs[number];
}

/** @throws CorruptBatchError when the bytes are not what the codec writes */
export function decompress(codec: NonNullable<Codec>, bytes: Buffer, where: string): Buffer {
  try {
    return codec(bytes);
  } catch (error) {
    throw new CorruptBatchError(where, `it can't be decompressed: ${messageOf(error)}`, error);
  }
}
