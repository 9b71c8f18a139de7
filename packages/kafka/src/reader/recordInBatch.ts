import { noTexts, type RawHeader, type RawParts, type ReceivedRecord, RecordOfBytes } from '../record.ts';
import { textAt } from '../sharedTexts.ts';
import { exactVarlong } from './byteCursor.ts';
import { bytesOfName, HeaderCursor } from './headerCursor.ts';

/** What the records of one batch have in common. */
export interface OpenBatch {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: bigint;
  readonly baseTimestamp: bigint;
  readonly appendTimestamp: bigint | undefined;
  /** What the positions of its records are positions of. */
  readonly bytes: Buffer;
}

/** Where the value of a record is. */
export interface ValueInBytes {
  readonly bytes: Buffer;
  readonly valueStart: number;
  /** Equal to `valueStart` for an empty value, smaller for a tombstone. */
  readonly valueEnd: number;
}

/** The same of any record: of one in a batch, without making a view of it. */
export function valueIn(record: ReceivedRecord): ValueInBytes {
  if (record instanceof RecordInBatch) return record;
  const { value } = record;
  return { bytes: value ?? NOTHING, valueStart: 0, valueEnd: value?.length ?? -1 };
}

const NOTHING = Buffer.alloc(0);

/** What decoding puts in the place of bytes that are no UTF-8. */
const NOT_UTF8 = '\uFFFD';

/** Reading is synchronous, so that one is enough. */
const at = new HeaderCursor();

/**
 * A record that lies in a batch, and knows where: its parts are made of the bytes when somebody asks for them, and kept. Most are asked for
 * little: a type that nobody handles, a key.
 */
export class RecordInBatch extends RecordOfBytes implements ValueInBytes {
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly #batch: OpenBatch;
  readonly #offsetDelta: number;
  readonly #timestampStart: number;
  readonly #keyStart: number;
  readonly #keyEnd: number;
  readonly #headersStart: number;
  readonly #end: number;
  #value: Buffer | null | undefined;
  #raw: RawParts | undefined;

  /** For the positions see RecordCursor. */
  constructor(
    batch: OpenBatch,
    offsetDelta: number,
    timestampStart: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    headersStart: number,
    end: number,
  ) {
    super();
    this.#batch = batch;
    this.#offsetDelta = offsetDelta;
    this.#timestampStart = timestampStart;
    this.#keyStart = keyStart;
    this.#keyEnd = keyEnd;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    this.#headersStart = headersStart;
    this.#end = end;
  }

  get bytes(): Buffer {
    return this.#batch.bytes;
  }

  get topic(): string {
    return this.#batch.topic;
  }

  get partition(): number {
    return this.#batch.partition;
  }

  get offset(): bigint {
    return this.#batch.baseOffset + BigInt(this.#offsetDelta);
  }

  get value(): Buffer | null {
    if (this.#value === undefined) this.#value = this.#view(this.valueStart, this.valueEnd);
    return this.#value;
  }

  get rawKey(): Buffer | null {
    return this.#view(this.#keyStart, this.#keyEnd);
  }

  get rawTimestamp(): bigint {
    return exactTime(this.#batch, this.#timestampStart);
  }

  get raw(): RawParts {
    this.#raw ??= { key: this.rawKey, headers: this.#rawHeaders(), timestamp: this.rawTimestamp };
    return this.#raw;
  }

  get keeps(): ArrayBufferLike {
    return this.#batch.bytes.buffer;
  }

  get size(): number {
    return this.#end - this.#keyStart;
  }

  protected override keyText(): string | null {
    if (this.#keyEnd < this.#keyStart) return null;
    return textAt(this.#batch.bytes, this.#keyStart, this.#keyEnd);
  }

  protected override headerTexts(): Record<string, string> {
    const { bytes } = this;
    const texts = noTexts();
    this.walkHeaders();
    while (at.next()) {
      if (at.valueEnd < at.valueStart) continue;
      texts[textAt(bytes, at.nameStart, at.nameEnd)] = textAt(bytes, at.valueStart, at.valueEnd);
    }
    return texts;
  }

  override header(name: string): string | undefined {
    const { bytes } = this;
    const wanted = bytesOfName(name);
    let start = 0;
    let end = -1;
    this.walkHeaders();
    while (at.next()) {
      if (at.valueEnd < at.valueStart || !at.isNamed(wanted)) continue;
      start = at.valueStart;
      end = at.valueEnd;
    }
    return end < start ? undefined : textAt(bytes, start, end);
  }

  /** A cursor before the first of its headers: the same one each time, which holds until any record's headers are looked at. */
  walkHeaders(): HeaderCursor {
    at.moveTo(this.bytes, this.#headersStart, this.#end);
    return at;
  }

  #rawHeaders(): RawHeader[] {
    const { bytes } = this;
    const headers: RawHeader[] = [];
    this.walkHeaders();
    while (at.next()) {
      const name = textAt(bytes, at.nameStart, at.nameEnd);
      const lossless = !name.includes(NOT_UTF8);
      headers.push([
        lossless ? name : bytes.subarray(at.nameStart, at.nameEnd),
        this.#view(at.valueStart, at.valueEnd),
      ]);
    }
    return headers;
  }

  #view(start: number, end: number): Buffer | null {
    return end < start ? null : this.#batch.bytes.subarray(start, end);
  }
}

/** All 64 bits of a time whose difference to that of its batch is at `start`: a client may have written any. */
export function exactTime({ appendTimestamp, baseTimestamp, bytes }: OpenBatch, start: number): bigint {
  return appendTimestamp ?? BigInt.asIntN(64, baseTimestamp + exactVarlong(bytes, start));
}
