import { type ReceivedRecord, rawPartsOf, readLetter, type UnreadableBatchError } from '@brew/kafka';
import type { NewLetter } from '@brew/postgres';

/** A record of GROUP.dlq as a row of letters. Anybody can write one, and nothing that it is may keep it out of the table. */
export function newLetterOf(record: ReceivedRecord, group: string): NewLetter {
  const letter = readLetter(record, group);
  const { source, keyHash, pointer, error } = letter;
  return {
    ...letter,
    ...{ dlqPartition: record.partition, dlqOffset: record.offset },
    parkedAt: timeOf(rawPartsOf(record).timestamp),
    source: source ?? null,
    keyHash: keyHash === undefined ? null : Buffer.from(keyHash, 'hex'),
    headers: letter.headers.map(([name, value]) => [bytesOf(name), value === null ? null : bytesOf(value)]),
    type: record.headers.ce_type ?? null,
    ...{ pointer: pointer ?? null, error: error ?? null },
  };
}

/** What is left of letters that were deleted before they were read, or that nobody can read. */
export function lostLetters(
  { topic, partition, from, until }: Pick<UnreadableBatchError, 'topic' | 'partition' | 'from' | 'until'>,
  reason: 'deleted' | 'unreadable',
  message: string,
): NewLetter {
  return {
    ...{ dlqPartition: partition, dlqOffset: from, parkedAt: Date.now(), reason },
    source: { topic, partition, offset: from, lastOffset: until - 1n },
    ...{ key: null, keyHash: null, value: null, valueBytes: 0, headers: [], timestamp: -1n, type: null },
    pointer: 'key,headers,value',
    error: { name: 'LettersLost', code: undefined, message, stack: undefined },
    attempts: 0,
  };
}

/** A stranger's letter may bear any 64 bits: then the time at which it was found has to do. */
function timeOf(timestamp: bigint): number {
  const now = Date.now();
  return timestamp >= 0n && timestamp <= BigInt(now) ? Number(timestamp) : now;
}

const bytesOf = (text: string | Buffer): Buffer => (typeof text === 'string' ? Buffer.from(text) : text);
