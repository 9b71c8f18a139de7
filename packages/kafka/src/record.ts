import type { Message } from 'kafkajs';

/** A header as Kafka has it: a name, which is UTF-8 as a rule but need not be, and a value, which may be missing. */
export type RawHeader = readonly [name: string | Buffer, value: string | Buffer | null];

/** A record on its way to Kafka. The key decides the partition, so records of one key keep their order. */
export interface OutgoingRecord {
  topic: string;
  key: string | Buffer | null;
  /** `null` is a tombstone: on a compacted topic it removes the key. */
  value: Buffer | null;
  headers: Readonly<Record<string, string | Buffer | (string | Buffer)[]>>;
  /** Go before `headers`, as they are: where order, repetition or a missing value has to be kept. */
  rawHeaders?: readonly RawHeader[];
  /** When it happened; the time of sending when left out. */
  timestamp?: Date;
}

/** A record as it was read. Key, headers and time are views of what `rawPartsOf` has, and may lose what they can't say. */
export interface ReceivedRecord {
  topic: string;
  partition: number;
  offset: bigint;
  /** As text: two keys that are no UTF-8 may look the same. `keyIdOf` tells them apart. */
  key: string | null;
  /** Its bytes, untouched. */
  value: Buffer | null;
  /** As text, the last one of each name; those without a value are left out. */
  headers: Record<string, string>;
  /** An invalid Date for a time that no Date can tell (Kafka takes any 64 bits). */
  timestamp: Date;
}

/** What Kafka holds of a record, beside its value. */
export interface RawParts {
  key: Buffer | null;
  /** In their order, repeated ones and those without a value included. */
  headers: readonly RawHeader[];
  /** Milliseconds since the epoch, as a rule; any 64 bits. */
  timestamp: bigint;
}

/** What the walk over a batch finds. */
export interface FoundRecord extends RawParts {
  offset: bigint;
  value: Buffer | null;
}

/** Two bytes on the wire become a hundred in memory: a megabyte of empty headers would take a process down. Records with more are told, and not made. */
export const MOST_HEADERS = 1_000;

const rawParts = new WeakMap<ReceivedRecord, RawParts>();

/**
 * Makes a record of what was read. The one place that does: whatever any client has written becomes a record here, and nothing throws.
 */
export function toReceived(topic: string, partition: number, found: FoundRecord): ReceivedRecord {
  const { offset, key, value, timestamp } = found;
  const record: ReceivedRecord = {
    topic,
    partition,
    offset,
    key: key === null ? null : key.toString(),
    value,
    headers: textsOf(found.headers),
    timestamp: new Date(Number(timestamp)),
  };
  rawParts.set(record, { key, headers: found.headers, timestamp });
  return record;
}

/** The bytes behind a record's views: for the dead letters, and for whoever tells keys apart. */
export function rawPartsOf(record: ReceivedRecord): RawParts {
  const { key, headers, timestamp } = record;
  return (
    // Made by hand, as tests do, it has nothing but its views.
    rawParts.get(record) ?? {
      key: key === null ? null : Buffer.from(key),
      headers: Object.entries(headers),
      timestamp: BigInt(timestamp.getTime()),
    }
  );
}

/** The same for the same bytes, and different for different ones: a key in a Map. `null` for a record without a key. */
export const keyIdOf = (record: ReceivedRecord): string | null =>
  rawPartsOf(record).key?.toString('latin1') ?? null;

/** Where a record lies and which event it is, for the log. */
export const placeOf = ({ topic, partition, offset, headers }: ReceivedRecord) => ({
  topic,
  partition,
  offset: String(offset),
  eventId: headers.ce_id?.slice(0, LOGGED),
  correlationId: headers.ce_correlationid?.slice(0, LOGGED),
});

/** Longer than any id of ours: a stranger's may be a megabyte, and comes in each line about its record. */
const LOGGED = 100;

export const toMessage = (record: OutgoingRecord): Message => ({
  key: record.key,
  value: record.value,
  headers: record.rawHeaders ? rawHeadersOf(record) : record.headers,
  ...(isTime(record.timestamp) && { timestamp: String(record.timestamp.getTime()) }),
});

/** All headers of a record, one by one. */
const rawHeadersOf = ({ rawHeaders = [], headers }: OutgoingRecord): RawHeader[] => [
  ...rawHeaders,
  ...Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  ),
];

/** The time of a received record may be none: who passes it on sends it with the time of sending. */
const isTime = (date: Date | undefined): date is Date => date !== undefined && !Number.isNaN(date.getTime());

function textsOf(headers: readonly RawHeader[]): Record<string, string> {
  // Without a prototype: a header may have any name, also `__proto__`.
  const texts: Record<string, string> = Object.create(null);
  for (const [name, value] of headers) if (value !== null) texts[String(name)] = String(value);
  return texts;
}
