/** In bytes: what comes again and again is as long as a UUID at most, of which an event has three that are the same. */
const LONGEST = 36;
/** A power of two, and enough for the keys of some records, and all cafes, drinks and currencies. */
const PLACES = 1_024;

const texts = new Array<string>(PLACES).fill('');
const lengths = new Uint8Array(PLACES);
const contents = new Uint8Array(PLACES * LONGEST);

/**
 * The text at `start` up to `end`, as Kafka's own clients read it: what is no UTF-8 becomes U+FFFD. One that was read a while ago is the same
 * string again, told by its bytes. To make another of it would cost several times as much, and memory for as long as somebody keeps it.
 */
export function textAt(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > LONGEST) return bytes.toString('utf8', start, end);
  if (length <= 0) return '';
  const place = placeOf(bytes, start, length);
  const from = place * LONGEST;
  if (lengths[place] === length && isThere(from, bytes, start, length)) return texts[place] as string;
  const text = bytes.toString('utf8', start, end);
  texts[place] = text;
  lengths[place] = length;
  for (let i = 0; i < length; i++) contents[from + i] = bytes[start + i] as number;
  return text;
}

/** Backwards: what is alike is so at its beginning, as a rule. */
function isThere(from: number, bytes: Buffer, start: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (contents[from + i] !== bytes[start + i]) return false;
  return true;
}

/** By some of its bytes: of two that share a place, each costs what it would without it. */
function placeOf(bytes: Buffer, start: number, length: number): number {
  const end = start + length;
  let hash = length;
  hash = Math.imul(hash, 31) + (bytes[end - 1] as number);
  hash = Math.imul(hash, 31) + (bytes[end - 1 - (length >> 3)] as number);
  hash = Math.imul(hash, 31) + (bytes[end - 1 - (length >> 2)] as number);
  hash = Math.imul(hash, 31) + (bytes[start + (length >> 1)] as number);
  hash = Math.imul(hash, 31) + (bytes[start] as number);
  return (hash ^ (hash >>> 10)) & (PLACES - 1);
}
