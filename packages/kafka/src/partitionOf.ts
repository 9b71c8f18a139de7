/**
 * The partition that a key belongs to, as our producer and Java's choose it: murmur2 of its bytes, modulo the number of
 * partitions. librdkafka's default is another one (crc32), and so are those that somebody wrote.
 */
export function partitionOf(key: string | Buffer, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * In 32 bits: that of kafkajs is the same, and takes a minute for a key of 250 kB.
 * @see org.apache.kafka.common.utils.Utils.murmur2
 */
function murmur2(bytes: Buffer): number {
  const whole = bytes.length & ~3;
  let hash = SEED ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M);
    word ^= word >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  if (bytes.length > whole) {
    for (let at = whole; at < bytes.length; at++) hash ^= (bytes[at] as number) << (8 * (at - whole));
    hash = Math.imul(hash, M);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}
