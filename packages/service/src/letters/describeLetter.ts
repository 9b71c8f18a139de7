import { isUtf8 } from 'node:buffer';
import type { LetterSummary } from '@brew/postgres';
import { REDRIVABLE } from './planRedrive.ts';

export interface Describing {
  group: string;
  /** Whether the service has handlers. */
  canRedrive: boolean;
}

/** A letter as lists show it. */
export function describeLetter(letter: LetterSummary, { group, canRedrive }: Describing) {
  const { id, reason, status, topic, partition, offset, type, attempts, redrives, behind } = letter;
  const { errorName, errorCode, errorMessage, parkedAt, lastRedriveAt, valueBytes, pointer } = letter;
  return {
    ...{ id, group, reason, status, topic, partition, offset },
    ...describeKey(letter.key),
    type,
    error:
      errorName === null && errorMessage === null
        ? null
        : { name: errorName ?? '', ...(errorCode && { code: errorCode }), message: errorMessage ?? '' },
    ...{ attempts, redrives, parkedAt, lastRedriveAt, behind },
    valueBytes: Number(valueBytes),
    pointer: pointer !== null,
    redrivable: canRedrive && status === 'waiting' && REDRIVABLE.has(reason),
  };
}

function describeKey(key: Buffer | null): { key: string | null; keyEncoding?: 'base64' } {
  if (key === null) return { key: null };
  return isUtf8(key) ? { key: key.toString() } : { key: key.toString('base64'), keyEncoding: 'base64' };
}

/** The keys that are shown as this text. */
export function keysShownAs(text: string): Buffer[] {
  const decoded = Buffer.from(text, 'base64');
  const isBase64 = decoded.toString('base64') === text && !isUtf8(decoded);
  return isBase64 ? [Buffer.from(text), decoded] : [Buffer.from(text)];
}

/** A header as it came: its value as text, or as base64 where it is none. */
export function describeHeader(name: Buffer, value: Buffer | null) {
  if (value === null) return { name: name.toString(), value: null };
  return isUtf8(value)
    ? { name: name.toString(), value: value.toString() }
    : { name: name.toString(), value: value.toString('base64'), encoding: 'base64' as const };
}

/** A record's time; as the number it is where that is no time. */
export function describeTime(timestamp: string): string {
  const date = new Date(Number(timestamp));
  return Number.isNaN(date.getTime()) ? timestamp : date.toISOString();
}
