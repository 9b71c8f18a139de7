import { v7 } from 'uuid';

/**
 * A new UUIDv7: it begins with the time in milliseconds, so ids sort by when they were made, and rows keyed by
 * them are appended to the end of a database index. Within a process each is greater than the one before.
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
export function uuidv7(): string {
  return v7();
}

/** Less than each UUIDv7 of this time (milliseconds since 1970) or later, and greater than each of an earlier one. */
export function leastUuidv7(at: number): string {
  const hex = at.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
