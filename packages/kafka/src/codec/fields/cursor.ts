import { isUtf8 } from 'node:buffer';
import { textAt } from '../../sharedTexts.ts';

/** A place in bytes that are read as Avro binary, and where these end. */
export interface Cursor {
  bytes: Buffer;
  position: number;
  end: number;
  /** How deep in schemas that contain themselves. */
  depth: number;
  /** How much may still be made of what takes no bytes: see spend(). */
  budget: number;
}

export const createCursor = (): Cursor => ({
  bytes: Buffer.alloc(0),
  position: 0,
  end: 0,
  depth: 0,
  budget: 0,
});

/** Sets it to the value at `start` up to `end`. */
export function moveTo(at: Cursor, bytes: Buffer, start: number, end: number): void {
  at.bytes = bytes;
  at.position = start;
  at.end = end;
  at.depth = 0;
  at.budget = LEAST_BUDGET + BUDGET_PER_BYTE * (end - start);
}

/** The most bytes that a long of 64 bits takes. */
const LONGEST = 10;
const LEAST_BUDGET = 10_000;
/** Records in records in records have more of them than bytes. */
const BUDGET_PER_BYTE = 16;
/** JSON.stringify and whoever walks through a value can go as deep, and further. */
const DEEPEST = 200;

/**
 * A zigzag varint of up to 64 bits: a bigint where a number would not be exact.
 * @throws RangeError when it is cut off, or longer
 * @see https://avro.apache.org/docs/1.12.0/specification/#primitive-types-1
 */
export function readLong(at: Cursor): number | bigint {
  const { bytes, position } = at;
  const first = bytes[at.position++] as number;
  // Most are as short as that, and stay small integers.
  if (first < 0x80 && at.position <= at.end) return (first >>> 1) ^ -(first & 1);
  let value = first & 0x7f;
  for (let scale = 0x80, byte = first; byte >= 0x80; scale *= 0x80) {
    if (at.position - position === LONGEST) throw new RangeError('a number does not end');
    byte = bytes[at.position++] as number;
    value += (byte & 0x7f) * scale;
  }
  if (!(at.position <= at.end)) throw cutOff();
  // Beyond 53 bits the last one, which has the sign, would be lost.
  if (!Number.isSafeInteger(value)) return exactly(bytes, position, at.position);
  return (first & 1) === 0 ? value / 2 : -(value + 1) / 2;
}

function exactly(bytes: Buffer, start: number, end: number): number | bigint {
  let zigzag = 0n;
  for (let i = end - 1; i >= start; i--) zigzag = (zigzag << 7n) | BigInt((bytes[i] as number) & 0x7f);
  if (zigzag >> 64n !== 0n) throw new RangeError('a number has more than 64 bits');
  const value = (zigzag >> 1n) ^ -(zigzag & 1n);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A long that nothing can have so many of: a length, the number of a symbol. */
export function readSize(at: Cursor): number {
  const size = readLong(at);
  if (typeof size === 'bigint') throw cutOff();
  return size;
}

/** @throws RangeError for more than 32 bits */
export function readInt(at: Cursor): number {
  const value = readLong(at);
  if (typeof value === 'bigint' || value !== (value | 0)) {
    throw new RangeError(`an int is ${value}, which has more than 32 bits`);
  }
  return value;
}

export function readBoolean(at: Cursor): boolean {
  const byte = at.bytes[skipBytes(at, 1)] as number;
  if (byte > 1) throw new RangeError(`a boolean is ${byte}`);
  return byte === 1;
}

export function skipLong(at: Cursor): void {
  const start = at.position;
  while ((at.bytes[at.position++] as number) >= 0x80);
  if (!(at.position <= at.end)) throw cutOff();
  if (at.position - start > LONGEST) throw new RangeError('a number does not end');
}

/** @returns where the bytes that were stepped over begin */
export function skipBytes(at: Cursor, length: number): number {
  const start = at.position;
  if (!(length >= 0 && length <= at.end - start)) throw cutOff();
  at.position += length;
  return start;
}

/** A text, or bytes: both have their length before them. */
export const skipString = (at: Cursor): number => skipBytes(at, readSize(at));

export function readBytes(at: Cursor): Buffer {
  const start = skipString(at);
  return Buffer.from(at.bytes.subarray(start, at.position));
}

/** @throws RangeError for what is no UTF-8 */
export function readText(at: Cursor): string {
  const start = skipString(at);
  const text = textAt(at.bytes, start, at.position);
  // What decoding puts in the place of other bytes, and may as well have stood there.
  if (text.includes('\uFFFD') && !isUtf8(at.bytes.subarray(start, at.position)))
    throw new RangeError('a text is no UTF-8');
  return text;
}

/**
 * Each item of an array or a map, which come in blocks, each with its number of items; a negative one is followed by the block's
 * length in bytes. What claims to be a billion of them is refused before anything is made of it.
 * @param item told how many are left of its block, with itself
 * @param least how many bytes an item takes at least
 */
export function eachItem(at: Cursor, item: (at: Cursor, left: number) => void, least = 1): void {
  for (let count = readSize(at); count !== 0; count = readSize(at)) {
    if (count < 0) skipLong(at);
    const items = Math.abs(count);
    if (items * least > at.end - at.position) throw cutOff();
    if (least === 0) spend(at, items);
    for (let left = items; left > 0; left--) item(at, left);
  }
}

/**
 * Accounts for what takes no bytes, such as a list of a billion nulls, or records of nothing but such records: their bytes do not bound
 * them.
 */
export function spend(at: Cursor, cost: number): void {
  at.budget -= cost;
  if (at.budget < 0) throw new RangeError('there is too much in it that takes no bytes');
}

/** What is in a value of the same schema. */
export function nested<Value>(at: Cursor, read: (at: Cursor) => Value): Value {
  if (++at.depth > DEEPEST) throw new RangeError('it is nested too deeply');
  const value = read(at);
  at.depth--;
  return value;
}

const cutOff = () => new RangeError('they end too early');
