import type { IHeaders, KafkaMessage, Message } from 'kafkajs';

type HeaderValue = string | Buffer | (string | Buffer)[];

/** A record on its way to Kafka. The key decides the partition, so records of one key keep their order. */
export interface OutgoingRecord {
  topic: string;
  key: string | Buffer | null;
  /** `null` is a tombstone: on a compacted topic it removes the key. */
  value: Buffer | null;
  headers: Readonly<Record<string, HeaderValue>>;
  /** When it happened; the time of sending when left out. */
  timestamp?: Date;
}

/** A record as it was read, its bytes untouched. */
export interface ReceivedRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: string | null;
  value: Buffer | null;
  headers: Record<string, string>;
  timestamp: Date;
}

export const toMessage = (record: OutgoingRecord): Message => ({
  key: record.key,
  value: record.value,
  headers: record.headers,
  ...(record.timestamp && { timestamp: String(record.timestamp.getTime()) }),
});

/** A record's key and headers as the bytes they were, kept only for records where text would lose something. */
export interface RawParts {
  key: Buffer | null;
  headers: Record<string, HeaderValue>;
}

const rawParts = new WeakMap<ReceivedRecord, RawParts>();

/** What the dead letters pass on, so that even a binary key or a repeated header comes out as it went in. */
export const rawPartsOf = (record: ReceivedRecord): RawParts | ReceivedRecord =>
  rawParts.get(record) ?? record;

export function fromMessage(topic: string, partition: number, message: KafkaMessage): ReceivedRecord {
  const key = message.key === null ? null : message.key.toString();
  const headers: Record<string, string> = {};
  let lossy = key?.includes(NOT_UTF8) ?? false;
  for (const name in message.headers) {
    const value = message.headers[name];
    // Kafka allows a header twice; like most clients we take its last value.
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last === undefined) continue;
    const text = last.toString();
    headers[name] = text;
    lossy ||= Array.isArray(value) || text.includes(NOT_UTF8);
  }
  const record: ReceivedRecord = {
    topic,
    partition,
    offset: BigInt(message.offset),
    key,
    value: message.value,
    headers,
    timestamp: new Date(Number(message.timestamp)),
  };
  if (lossy) rawParts.set(record, { key: message.key, headers: definedOf(message.headers) });
  return record;
}

/** What decoding puts in the place of bytes that are no UTF-8. */
const NOT_UTF8 = '\uFFFD';

function definedOf(headers: IHeaders | undefined): Record<string, HeaderValue> {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, HeaderValue] => entry[1] !== undefined),
  );
}
