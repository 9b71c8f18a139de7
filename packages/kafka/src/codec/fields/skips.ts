import { type Cursor, skipBytes, skipLong, skipString } from './cursor.ts';

/**
 * What is stepped over: so many bytes, A_NUMBER, A_TEXT, or whatever a function steps over. Only what is rare is a function: each of them
 * would be another one at the same place, which V8 then can't inline.
 */
export type Skip = number | ((at: Cursor) => void);

/** An int or a long. */
export const A_NUMBER = -1;
/** A text, or bytes. */
export const A_TEXT = -2;

export function skipAll(at: Cursor, skips: readonly Skip[]): void {
  for (const skip of skips) {
    if (skip === A_TEXT) skipString(at);
    else if (skip === A_NUMBER) skipLong(at);
    else if (typeof skip === 'number') skipBytes(at, skip);
    else skip(at);
  }
}
