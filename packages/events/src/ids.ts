import { v7 } from 'uuid';

/**
 * A new UUIDv7: it begins with the time in milliseconds, so ids sort by when they were made, and rows keyed by
 * them are appended to the end of a database index. Within a process each is greater than the one before.
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
export function uuidv7(): string {
  return v7();
}
