import { type Cursor, readText, skipString } from './cursor.ts';

/** A power of two, and enough for the cafes, drinks and currencies that come again and again. */
const REMEMBERED = 256;

/**
 * Reads the texts of a field. One that was read a while ago is the same string again: to make another of it would cost ten times as much, and
 * memory for as long as somebody keeps it.
 */
export function createTextRead(): (at: Cursor) => string {
  const remembered = new Array<string>(REMEMBERED).fill('');
  return (at) => {
    const before = at.position;
    const start = skipString(at);
    const place = placeOf(at.bytes, start, at.position);
    const known = remembered[place] as string;
    if (isSame(known, at.bytes, start, at.position)) return known;
    const end = at.position;
    at.position = before;
    const text = readText(at);
    // As long as its bytes: then each of them is a character, and it is told by them.
    if (text.length === end - start) remembered[place] = text;
    return text;
  };
}

function placeOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  return hash & (REMEMBERED - 1);
}

function isSame(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start || text === '') return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
