import { type RawHeader, type ReceivedRecord, toReceived } from '@brew/kafka';
import type { LetterRecord } from '@brew/postgres';

/** The record as it came, with its own topic, partition, offset and time. Not for one whose letter only points to it. */
export function recordOfLetter(letter: LetterRecord): ReceivedRecord {
  return toReceived(letter.topic, letter.partition, {
    offset: BigInt(letter.offset),
    key: letter.key,
    value: letter.value,
    headers: letter.headerNames.map(
      (name, index): RawHeader => [nameOf(name), letter.headerValues[index] ?? null],
    ),
    timestamp: BigInt(letter.timestamp),
  });
}

/** A name is text, unless that would lose bytes of it. */
function nameOf(bytes: Buffer): string | Buffer {
  const text = bytes.toString();
  return text.includes('\uFFFD') ? bytes : text;
}
