import { createHash } from 'node:crypto';
import { deadLetterTopic } from '@brew/events';
import type { Gap } from '../fetched.ts';
import { MOST_HEADERS, type OutgoingRecord, type ReceivedRecord, rawPartsOf } from '../record.ts';

/** Why a record was parked: it failed, or it came behind one of its key that is parked and must not overtake it. */
export type Failure =
  | { reason: 'failed'; error: unknown; attempts: number; firstFailedAt: Date; lastFailedAt: Date }
  | { reason: 'key_parked' };

export interface Letter {
  record: ReceivedRecord;
  failure: Failure;
}

/**
 * What GROUP.dlq gets of a record: its bytes and headers as they came, and behind them where it came from and why it is there. It bears its
 * own time, and not that of the record: retention would soon take away what was old when it failed.
 */
export function letterOf({ record, failure }: Letter, group: string): OutgoingRecord {
  const { key, headers } = rawPartsOf(record);
  if (headers.length > MOST_KEPT_HEADERS) return pointerOf({ record, failure }, group);
  return {
    topic: deadLetterTopic(group).name,
    key,
    value: record.value,
    rawHeaders: headers,
    headers: provenanceOf(record, failure, group),
  };
}

/** What a record takes in its letter, in bytes. */
export const sizeOf = ({ record }: Pick<Letter, 'record'>): number => {
  const { key, headers } = rawPartsOf(record);
  const parts = headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
  return parts + (key?.length ?? 0) + (record.value?.length ?? 0);
};

/** For the headers that are added. */
const ROOM = 32 * 1024;

/** The largest record that a letter can hold, as the topic is declared. */
export const largestIn = (group: string): number =>
  Number(deadLetterTopic(group).config['max.message.bytes']) - ROOM;

/** What is small enough to be in every letter. */
const SMALL_KEY = 16 * 1024;
const SMALL_HEADERS = 64 * 1024;
/** A letter has some of its own, and has to be read as well. */
const MOST_KEPT_HEADERS = MOST_HEADERS - 50;

/**
 * The same without what makes it too large for its topic. `dlq_pointer` names what is missing; it is where `dlq_source_topic`,
 * `dlq_source_partition` and `dlq_source_offset` say, until retention takes it.
 */
export function pointerOf({ record, failure }: Letter, group: string): OutgoingRecord {
  const { key, headers } = rawPartsOf(record);
  const keyBytes = key?.length ?? 0;
  const headersBytes = headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
  const valueBytes = record.value?.length ?? 0;
  const missing = [
    ...(keyBytes > SMALL_KEY ? ['key'] : []),
    ...(headersBytes > SMALL_HEADERS || headers.length > MOST_KEPT_HEADERS ? ['headers'] : []),
    'value',
  ];
  const pointer = {
    ...provenanceOf(record, failure, group),
    dlq_pointer: missing.join(),
    // What a redrive knows of the key that it has to let go.
    ...(key && missing.includes('key') && { dlq_key_sha256: createHash('sha256').update(key).digest('hex') }),
    dlq_key_bytes: String(keyBytes),
    dlq_headers_bytes: String(headersBytes),
    dlq_value_bytes: String(valueBytes),
  };
  return {
    topic: deadLetterTopic(group).name,
    key: missing.includes('key') ? null : key,
    value: null,
    rawHeaders: missing.includes('headers') ? [] : headers,
    headers: pointer,
  };
}

/** What tells of a gap: all that is known of its records is where they are, or were. */
export function letterOfGap(
  { topic, partition, firstOffset, lastOffset, why, error }: Gap,
  group: string,
): OutgoingRecord {
  const headers = {
    dlq_group: group,
    dlq_reason: why,
    dlq_source_topic: topic,
    dlq_source_partition: String(partition),
    dlq_source_offset: String(firstOffset),
    dlq_source_last_offset: String(lastOffset),
    ...errorHeaders(error),
    dlq_pointer: 'key,headers,value',
  };
  return { topic: deadLetterTopic(group).name, key: null, value: null, headers };
}

/** The headers that tell where a record came from and why it is here, as text. */
export function provenanceOf(
  record: ReceivedRecord,
  failure: Failure,
  group: string,
): Record<string, string> {
  const { timestamp } = record;
  return {
    dlq_group: group,
    dlq_reason: failure.reason,
    dlq_source_topic: record.topic,
    dlq_source_partition: String(record.partition),
    dlq_source_offset: String(record.offset),
    // Kafka takes any 64 bits for a time, and a Date does not.
    dlq_source_timestamp: Number.isNaN(timestamp.getTime())
      ? String(rawPartsOf(record).timestamp)
      : timestamp.toISOString(),
    ...(failure.reason === 'failed' && {
      ...errorHeaders(failure.error),
      dlq_attempts: String(failure.attempts),
      dlq_first_failed_at: failure.firstFailedAt.toISOString(),
      dlq_last_failed_at: failure.lastFailedAt.toISOString(),
    }),
  };
}

/** Long enough to find the line, short enough that the record still fits the topic. */
const MAX_STACK = 8_000;
const MAX_MESSAGE = 2_000;

function errorHeaders(error: unknown): Record<string, string> {
  if (!(error instanceof Error))
    return { dlq_error_name: typeof error, dlq_error_message: textOf(error, MAX_MESSAGE) };
  return {
    dlq_error_name: textOf(error.name, MAX_MESSAGE),
    dlq_error_message: textOf(error.message, MAX_MESSAGE),
    ...('code' in error && { dlq_error_code: textOf(error.code, MAX_MESSAGE) }),
    dlq_error_stack: textOf(error.stack ?? '', MAX_STACK),
  };
}

/** Of anything: what was thrown need not even be able to say what it is. */
function textOf(value: unknown, length: number): string {
  try {
    return String(value).slice(0, length);
  } catch {
    return `a ${typeof value}`;
  }
}
