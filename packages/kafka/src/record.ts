import { createHash } from 'node:crypto';

export interface TopicPartition {
  topic: string;
  partition: number;
}

/** A partition, and an offset in it. */
export interface Offset extends TopicPartition {
  offset: bigint;
}

/** How far a group is. */
export interface Position extends Offset {
  /** Of the topic that this is an offset of: one of the same name that was made later has others. Undefined: whoever put it down did not say. */
  topicId?: string | undefined;
}

/** Where records of one partition went: `count` of them, one behind the other. */
export interface Placement extends TopicPartition {
  /** The offset of the first of them. */
  from: bigint;
  count: number;
}

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

/**
 * A record as it was read. Key, headers and time are views of what `rawPartsOf` has, and may lose what they can't say. They are made when somebody asks
 * for them: `{ ...record }` would have none of them, and so TypeScript refuses it, which is why this is a class to it. Whoever makes a record
 * by hand writes an object with these properties.
 */
export declare class ReceivedRecord {
  get topic(): string;
  get partition(): number;
  get offset(): bigint;
  /** As text: two keys that are no UTF-8 may look the same. `keyIdOf` tells them apart. */
  get key(): string | null;
  /** Its bytes, untouched. */
  get value(): Buffer | null;
  /** As text, the last one of each name; those without a value are left out. For one of them alone `headerOf` costs less. */
  get headers(): Record<string, string>;
  /** An invalid Date for a time that no Date can tell (Kafka takes any 64 bits). */
  get timestamp(): Date;
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

/** A record of what was read: the bytes behind the views are its own. */
export abstract class RecordOfBytes implements ReceivedRecord {
  abstract readonly topic: string;
  abstract readonly partition: number;
  abstract readonly offset: bigint;
  abstract readonly value: Buffer | null;
  abstract readonly raw: RawParts;
  abstract readonly rawKey: Buffer | null;
  abstract readonly rawTimestamp: bigint;
  /** The memory that it keeps, if it is known. */
  abstract readonly keeps: ArrayBufferLike | undefined;
  /** About how many bytes its parts have. */
  abstract readonly size: number;

  #key: string | null | undefined;
  #headers: Record<string, string> | undefined;
  #timestamp: Date | undefined;

  get key(): string | null {
    if (this.#key === undefined) this.#key = this.keyText();
    return this.#key;
  }

  protected keyText(): string | null {
    return this.rawKey?.toString() ?? null;
  }

  get headers(): Record<string, string> {
    this.#headers ??= this.headerTexts();
    return this.#headers;
  }

  protected headerTexts(): Record<string, string> {
    const texts = noTexts();
    for (const [name, value] of this.raw.headers) if (value !== null) texts[String(name)] = String(value);
    return texts;
  }

  get timestamp(): Date {
    this.#timestamp ??= new Date(Number(this.rawTimestamp));
    return this.#timestamp;
  }

  header(name: string): string | undefined {
    return this.headers[name];
  }
}

/** One whose parts are there already. */
class RecordOfParts extends RecordOfBytes {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly value: Buffer | null;
  readonly raw: RawParts;

  constructor(topic: string, partition: number, { offset, value, key, headers, timestamp }: FoundRecord) {
    super();
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.value = value;
    this.raw = { key, headers, timestamp };
  }

  get rawKey(): Buffer | null {
    return this.raw.key;
  }

  get rawTimestamp(): bigint {
    return this.raw.timestamp;
  }

  get size(): number {
    return (this.value?.length ?? 0) + (this.raw.key?.length ?? 0);
  }

  /** All parts are of the same one. */
  get keeps(): ArrayBufferLike | undefined {
    const { key, headers } = this.raw;
    const part = this.value ?? key ?? headers.find(([, value]) => value !== null)?.[1];
    return Buffer.isBuffer(part) ? part.buffer : undefined;
  }
}

/** Makes a record of parts that were kept: whatever any client has written becomes one, and nothing throws. */
export const toReceived = (topic: string, partition: number, found: FoundRecord): ReceivedRecord =>
  new RecordOfParts(topic, partition, found);

/** The bytes behind a record's views: for the dead letters, and for whoever tells keys apart. */
export function rawPartsOf(record: ReceivedRecord): RawParts {
  if (record instanceof RecordOfBytes) return record.raw;
  // Made by hand, as tests do, it has nothing but its views.
  const { headers, timestamp } = record;
  return {
    key: rawKeyOf(record),
    headers: Object.entries(headers),
    timestamp: BigInt(timestamp.getTime()),
  };
}

/** The key alone: that of rawPartsOf. */
export function rawKeyOf(record: ReceivedRecord): Buffer | null {
  if (record instanceof RecordOfBytes) return record.rawKey;
  return record.key === null ? null : Buffer.from(record.key);
}

/** The same for the same bytes, and different for different ones: a key in a Map. `null` for a record without a key. */
export function keyIdOf(record: ReceivedRecord): string | null {
  const key = rawKeyOf(record);
  return key && idOfKey(key);
}

/** More is kept as its hash: a key can have fifteen MiB. */
const LONG_KEY = 1_024;

/** keyIdOf, of the bytes. */
export const idOfKey = (key: Buffer): string =>
  // In Latin-1 there is no dagger: no short key looks like a hash.
  key.length > LONG_KEY ? `†${createHash('sha256').update(key).digest('hex')}` : key.toString('latin1');

/** `record.headers[name]`, without making the others. */
export const headerOf = (record: ReceivedRecord, name: string): string | undefined =>
  record instanceof RecordOfBytes ? record.header(name) : record.headers[name];

/** About how many bytes the parts of these records have. */
export const bytesOf = (records: readonly ReceivedRecord[]): number =>
  records.reduce((sum, record) => sum + (record instanceof RecordOfBytes ? record.size : 0), 0);

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

/** The time of a received record may be none: who passes it on sends it with the time of sending. */
export const isTime = (date: Date | undefined): date is Date =>
  date !== undefined && !Number.isNaN(date.getTime());

/** Without a prototype: a header may have any name, also `__proto__`. */
export const noTexts = (): Record<string, string> => Object.create(null);
