import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { unpackLz4 } from './compression/lz4.ts';
import { unpackSnappy } from './compression/snappy.ts';

/** Unpacks the records of a batch. */
type Codec = (bytes: Buffer, limit: number) => Buffer;

/**
 * What a batch may unpack to, in bytes: it takes twice that much memory, whatever its size on the wire is, and 1 MiB of gzip can be a GiB of zeros.
 * Clients send at most 1 MiB at once, and count that unpacked (max.request.size), unless they are told otherwise: what is more was made to hurt.
 */
export const LARGEST_BATCH = 16 * 1024 * 1024;

/**
 * By the number that stands in a batch. Snappy and LZ4 are our own: each call of a native library costs as much as a small batch, and the WebAssembly
 * that @platformatic/kafka has leaks with each batch that is none, up to 2 GiB, after which it unpacks nothing any more.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
const codecs: readonly (Codec | undefined)[] = [
  undefined,
  (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  unpackSnappy,
  unpackLz4,
  unpackZstd,
];

/** Beyond these, somebody has hidden work for us in frames of nothing. */
const MOST_FRAMES = 100;

/** All the frames there are, as brokers read it: Node.js ends behind the first. @see RFC 8878, 3 */
function unpackZstd(bytes: Buffer, limit: number): Buffer {
  const parts: Buffer[] = [];
  let left = limit;
  for (let at = 0; at < bytes.length; ) {
    if (parts.length === MOST_FRAMES) throw new Error(`it has more than ${MOST_FRAMES} frames`);
    const { buffer, engine } = unpackFrame(bytes.subarray(at), {
      maxOutputLength: Math.max(left, 1),
      info: true,
    });
    parts.push(buffer);
    left -= buffer.length;
    at += engine.bytesWritten;
  }
  const [first] = parts;
  return first && parts.length === 1 ? first : Buffer.concat(parts);
}

/** With `info`, of which Node.js' types know nothing, it tells how many bytes it took, too. */
const unpackFrame = zstdDecompressSync as unknown as (
  bytes: Buffer,
  options: { maxOutputLength: number; info: true },
) => { buffer: Buffer; engine: { bytesWritten: number } };

/**
 * Unpacks the records of a batch. For every client that reads: a limit that one of them lacks is none.
 * @param codec 1 gzip, 2 snappy (bare, or in xerial's framing), 3 lz4, 4 zstd
 * @throws RangeError for a codec that nobody knows, for more than LARGEST_BATCH, and, as any other error, for what is not packed by it
 */
export function decompress(codec: number, bytes: Buffer, limit = LARGEST_BATCH): Buffer {
  const unpack = codecs[codec];
  if (unpack === undefined) throw new RangeError(`its codec ${codec} is unknown`);
  return unpack(bytes, limit);
}
