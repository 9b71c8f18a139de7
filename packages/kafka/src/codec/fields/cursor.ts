/** A place in bytes that are read as Avro binary, and where these end. */
export interface Cursor {
  bytes: Buffer;
  position: number;
  end: number;
}

/** The most bytes that a long of 64 bits takes. */
const LONGEST = 10;

/**
 * A zigzag varint: an int, a long, the length of a text, the number of a symbol.
 * @throws RangeError when it is cut off, or has more than 52 bits and a sign
 * @see https://avro.apache.org/docs/1.12.0/specification/#primitive-types-1
 */
export function readLong(at: Cursor): number {
  const { bytes } = at;
  const first = bytes[at.position++] as number;
  // Most are as short as that, and stay small integers.
  if (first < 0x80 && at.position <= at.end) return (first >>> 1) ^ -(first & 1);
  let value = first & 0x7f;
  for (let scale = 0x80, length = 1, byte = first; byte >= 0x80; scale *= 0x80, length++) {
    if (length === LONGEST) throw new RangeError('a number does not end');
    byte = bytes[at.position++] as number;
    value += (byte & 0x7f) * scale;
  }
  if (!(at.position <= at.end)) throw cutOff();
  // Beyond 53 bits the last one, which has the sign, would be lost.
  if (!Number.isSafeInteger(value)) throw new RangeError('a number is too large to be exact');
  return (first & 1) === 0 ? value / 2 : -(value + 1) / 2;
}

export function skipLong(at: Cursor): void {
  while ((at.bytes[at.position++] as number) >= 0x80);
  if (!(at.position <= at.end)) throw cutOff();
}

/** @returns where the bytes that were stepped over begin */
export function skipBytes(at: Cursor, length: number): number {
  const start = at.position;
  if (!(length >= 0 && length <= at.end - start)) throw cutOff();
  at.position += length;
  return start;
}

/** A text, or bytes: both have their length before them. */
export const skipString = (at: Cursor): number => skipBytes(at, readLong(at));

export function readBytes(at: Cursor): Buffer {
  const start = skipString(at);
  return Buffer.from(at.bytes.subarray(start, at.position));
}

/**
 * Each item of an array, which comes in blocks, each with its number of items; a negative one is followed by the block's length
 * in bytes. An item takes a byte at least: what claims to be a billion of them is refused before anything is made of it.
 */
export function eachItem(at: Cursor, item: (at: Cursor) => void): void {
  for (let count = readLong(at); count !== 0; count = readLong(at)) {
    if (count < 0) skipLong(at);
    if (Math.abs(count) > at.end - at.position) throw cutOff();
    for (let left = Math.abs(count); left > 0; left--) item(at);
  }
}

const cutOff = () => new RangeError('they end too early');
