/**
 * The partition that a key belongs to, as our producer and Java's choose it: murmur2 of its bytes, modulo the number of
 * partitions. librdkafka's default is another one (crc32), and so are those that somebody wrote.
 */
export function partitionOf(key: string | Buffer, partitions: number): number {
  return (hashOf(key) & 0x7fffffff) % partitions;
}

/** For texts that are short, as nearly all keys are: no bytes are made for each of them. */
const scratch = Buffer.alloc(256);
/** The most bytes of UTF-8 that one UTF-16 unit becomes. */
const WIDEST = 3;

function hashOf(key: string | Buffer): number {
  if (typeof key !== 'string') return murmur2(key, key.length);
  if (key.length * WIDEST <= scratch.length) return murmur2(scratch, scratch.write(key));
  const bytes = Buffer.from(key);
  return murmur2(bytes, bytes.length);
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * In 32 bits: that of kafkajs is the same, and takes a minute for a key of 250 kB.
 * @see org.apache.kafka.common.utils.Utils.murmur2
 */
function murmur2(bytes: Buffer, length: number): number {
  const whole = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M);
    word ^= word >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  if (length > whole) {
    for (let at = whole; at < length; at++) hash ^= (bytes[at] as number) << (8 * (at - whole));
    hash = Math.imul(hash, M);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}
