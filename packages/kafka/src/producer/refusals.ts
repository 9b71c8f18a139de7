import type { OutgoingRecord } from '../record.ts';
import { batchBytes } from './batchBytes.ts';

/**
 * What is refused: one record for what it is, however often it is sent, or whatever is sent to a topic, until somebody makes the
 * topic or changes its ACLs.
 */
export type RefusalScope = 'record' | 'topic';

/**
 * The one place that tells what is a record's own fault. Whatever Kafka says that is not in here is an outage: the records are right,
 * and wait. See https://kafka.apache.org/protocol#protocol_error_codes
 */
const scopes: Readonly<Record<string, RefusalScope>> = {
  MESSAGE_TOO_LARGE: 'record', // than max.message.bytes of the topic
  RECORD_LIST_TOO_LARGE: 'record', // than segment.bytes of the topic
  INVALID_TIMESTAMP: 'record', // outside of message.timestamp.before.max.ms and .after.max.ms
  INVALID_RECORD: 'record', // such as one without a key, for a compacted topic
  UNKNOWN_TOPIC_OR_PARTITION: 'topic',
  INVALID_TOPIC_EXCEPTION: 'topic', // one of Kafka's own
  TOPIC_AUTHORIZATION_FAILED: 'topic',
};

/** @param kafkaError Kafka's name of the error */
export const scopeOf = (kafkaError: string | undefined): RefusalScope | undefined => scopes[kafkaError ?? ''];

/** A broker closes the connection on a larger request (socket.request.max.bytes), which would look like an outage for ever. */
const MAX_REQUEST_BYTES = 100 * 1024 * 1024;

/** The most bytes of UTF-8 that one UTF-16 unit becomes; more than what frames a header. */
const WIDEST = 3;
const MOST_FRAMING = 20;

/** What no broker could be asked to take: the reason, as Kafka would name it, or undefined when nothing is wrong with the record. */
export function defectOf(record: OutgoingRecord): string | undefined {
  const { topic, key, value, headers, rawHeaders = [], timestamp } = record;
  if (typeof topic !== 'string' || !TOPIC_NAME.test(topic)) return 'INVALID_TOPIC_EXCEPTION';
  if (key !== null && !isBytes(key)) return 'INVALID_RECORD: its key is neither text nor bytes';
  if (value !== null && !isBytes(value)) return 'INVALID_RECORD: its value is no bytes';
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    return 'INVALID_RECORD: its headers are no object';
  let characters = (key?.length ?? 0) + (value?.length ?? 0);
  for (const name of Object.keys(headers)) {
    const header = headers[name];
    if (Array.isArray(header) ? !header.every(isBytes) : !isBytes(header))
      return `INVALID_RECORD: its header ${name} is neither text nor bytes`;
    characters += MOST_FRAMING + name.length + lengthOf(header);
  }
  for (const [name, header] of rawHeaders) {
    if (!isBytes(name) || (header !== null && !isBytes(header)))
      return `INVALID_RECORD: its header ${name} is neither text nor bytes`;
    characters += MOST_FRAMING + name.length + (header?.length ?? 0);
  }
  if (timestamp && Number.isNaN(timestamp.getTime())) return 'INVALID_TIMESTAMP: it is none';
  // Nearly all are far from it, and counting their bytes takes as long as all else here.
  if (WIDEST * characters > MAX_REQUEST_BYTES / 2 && batchBytes(record) > MAX_REQUEST_BYTES)
    return 'MESSAGE_TOO_LARGE';
  return undefined;
}

/** See org.apache.kafka.common.internals.Topic. */
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

const lengthOf = (header: string | Buffer | readonly (string | Buffer)[] | undefined): number =>
  Array.isArray(header)
    ? header.reduce((sum: number, each: string | Buffer) => sum + MOST_FRAMING + each.length, 0)
    : (header?.length ?? 0);

/** What the types promise, of rows that anybody may have written. */
const isBytes = (part: unknown): boolean => typeof part === 'string' || Buffer.isBuffer(part);
