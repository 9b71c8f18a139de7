import { messageOf, UnreadableBatchError } from '../errors.ts';
import { MOST_HEADERS, type RawHeader, type ReceivedRecord, toReceived } from '../record.ts';
import { createAbortedFilter } from './abortedTransactions.ts';
import { decompress } from './compression.ts';
import { isAt, type Lookup } from './lookup.ts';
import { type RecordBatch, readBatch } from './recordBatch.ts';
import type { Records, RecordsOptions } from './records.ts';

/** What decoding puts in the place of bytes that are no UTF-8. */
const NOT_UTF8 = '\uFFFD';

const nameBytes = new Map<string, Buffer>();

/** Header names are few, and stand in the code. */
function bytesOfName(name: string): Buffer {
  const known = nameBytes.get(name) ?? Buffer.from(name);
  nameBytes.set(name, known);
  return known;
}

/**
 * A class, since millions of records are read through thousands of these: getters and methods of object literals would be made
 * anew with each, and V8 would look each of them up by its name again and again.
 */
export class RecordCursor implements Records {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly endOffset: bigint;
  readonly byteLength: number;

  keyStart = 0;
  keyEnd = -1;
  valueStart = 0;
  valueEnd = -1;
  /** The records of the batch: up to `limit`. */
  bytes: Buffer;

  readonly #options: RecordsOptions;
  readonly #batches: Buffer;
  readonly #from: bigint;
  readonly #until: bigint | undefined;
  readonly #onUnreadable: RecordsOptions['onUnreadable'];
  readonly #isAborted: ReturnType<typeof createAbortedFilter>;

  /** Where the next batch begins. */
  #nextBatch = 0;
  #baseOffset = 0n;
  #lastOffset = 0n;
  #baseTimestamp = -1;
  #appendTimestamp: number | undefined;
  #batch: RecordBatch | undefined;
  #recordsLeft = 0;
  /** Whether nothing of it was compacted away. */
  #isWhole = false;
  /** Which offsets of the batch are wanted, relative to its base: plain numbers. */
  #fromDelta = 0;
  #untilDelta = 0;

  #limit = 0;
  #position = 0;
  #recordEnd = 0;
  #offsetDelta = 0;
  #timestampStart = 0;
  #timestampDelta = 0;
  #headersStart = 0;

  #headersLeft = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #headerStart = 0;
  #headerEnd = 0;

  constructor(options: RecordsOptions) {
    this.#options = options;
    this.topic = options.topic;
    this.partition = options.partition;
    this.nextOffset = options.nextOffset;
    this.endOffset = options.endOffset;
    this.byteLength = options.bytes.length;
    this.bytes = options.bytes;
    this.#batches = options.bytes;
    this.#from = options.from;
    this.#until = options.until;
    this.#onUnreadable = options.onUnreadable;
    this.#isAborted = createAbortedFilter(options.aborted);
  }

  next(): boolean {
    for (;;) {
      try {
        do {
          while (this.#recordsLeft === 0) if (!this.#toNextBatchOfOurs()) return false;
          this.#toNextRecord();
        } while (this.#offsetDelta < this.#fromDelta || this.#offsetDelta >= this.#untilDelta);
      } catch (error) {
        if (!(error instanceof UnreadableBatchError)) throw error;
        // Behind it, also when `next()` is called again by who was not told of it otherwise.
        this.#recordsLeft = 0;
        this.#recordEnd = this.#limit;
        if (!this.#onUnreadable) throw error;
        this.#onUnreadable(error);
        continue;
      }
      const error = this.#tooManyHeaders();
      if (!error) return true;
      if (!this.#onUnreadable) throw error;
      this.#onUnreadable(error);
    }
  }

  again(): Records {
    return new RecordCursor({ ...this.#options, onUnreadable: () => {} });
  }

  /** Costs one byte's look for records that have less than 64. */
  #tooManyHeaders(): UnreadableBatchError | undefined {
    if ((this.bytes[this.#headersStart] as number) < 0x80) return undefined;
    this.#rewindHeaders();
    const count = this.#headersLeft;
    if (count <= MOST_HEADERS) return undefined;
    const { topic, partition, offset: from } = this;
    const why = `it has ${count} headers, and more than ${MOST_HEADERS} are none that anybody needs`;
    return new UnreadableBatchError({ topic, partition, from, until: from + 1n }, why);
  }

  get offset(): bigint {
    return this.#baseOffset + BigInt(this.#offsetDelta);
  }

  get timestamp(): number {
    const near = this.#appendTimestamp ?? this.#baseTimestamp + this.#timestampDelta;
    return Number.isSafeInteger(near) ? near : Number(this.#exactTimestamp());
  }

  key(): Buffer | null {
    return this.#view(this.keyStart, this.keyEnd);
  }

  keyText(): string | null {
    return this.keyEnd < this.keyStart ? null : this.bytes.toString('utf8', this.keyStart, this.keyEnd);
  }

  value(): Buffer | null {
    return this.#view(this.valueStart, this.valueEnd);
  }

  header(name: string): Buffer | null | undefined {
    return this.#toHeader(name) ? this.#view(this.#headerStart, this.#headerEnd) : undefined;
  }

  headerIn<Value>(name: string, lookup: Lookup<Value>): Value | undefined {
    return this.#toHeader(name) ? lookup.find(this.bytes, this.#headerStart, this.#headerEnd) : undefined;
  }

  received(): ReceivedRecord {
    return toReceived(this.topic, this.partition, {
      key: this.key(),
      value: this.value(),
      offset: this.offset,
      timestamp: this.#exactTimestamp(),
      headers: this.#headers(),
    });
  }

  /** Goes to the next batch that has records for us. */
  #toNextBatchOfOurs(): boolean {
    if (this.#recordEnd !== this.#limit) throw this.#unreadable('its records end before it does');
    while (this.#nextBatch < this.#batches.length) {
      const batch = readBatch(this.#batches, this.#nextBatch, this.#where());
      this.#nextBatch = batch.end;
      if (this.#isAborted(batch) || batch.lastOffset < this.#from) continue;
      if (this.#until !== undefined && batch.baseOffset >= this.#until) continue;
      this.#enter(batch);
      return true;
    }
    return false;
  }

  #enter(batch: RecordBatch): void {
    this.#batch = batch;
    this.#baseOffset = batch.baseOffset;
    this.#lastOffset = batch.lastOffset;
    this.#offsetDelta = -1;
    this.#isWhole = batch.recordCount === Number(batch.lastOffset - batch.baseOffset) + 1;
    if (batch.magic !== 2)
      throw this.#unreadable(`it is in a format (magic ${batch.magic}) of before Kafka 0.11`);
    this.#baseTimestamp = Number(batch.baseTimestamp);
    this.#appendTimestamp = batch.appendTimestamp === undefined ? undefined : Number(batch.appendTimestamp);
    this.#recordsLeft = batch.recordCount;
    this.#fromDelta = Number(this.#from - batch.baseOffset);
    this.#untilDelta =
      this.#until === undefined ? Number.POSITIVE_INFINITY : Number(this.#until - batch.baseOffset);
    this.bytes = this.#batches;
    this.#position = batch.recordsStart;
    this.#limit = batch.end;
    if (batch.codec !== 0) {
      this.bytes = this.#unpacked(batch);
      this.#position = 0;
      this.#limit = this.bytes.length;
    }
    this.#recordEnd = this.#position;
  }

  #unpacked({ codec, recordsStart, end }: RecordBatch): Buffer {
    try {
      return decompress(codec, this.#batches.subarray(recordsStart, end));
    } catch (error) {
      throw this.#unreadable(`it can't be unpacked: ${messageOf(error)}`);
    }
  }

  /**
   * Takes what brokers take, and as they read it: any negative length is that of a null.
   * @see https://kafka.apache.org/documentation/#record
   */
  #toNextRecord(): void {
    this.#position = this.#recordEnd;
    this.#recordsLeft--;
    const length = this.#varint();
    this.#recordEnd = this.#position + length;
    this.#position++; // attributes, of which there are none yet
    this.#timestampStart = this.#position;
    this.#timestampDelta = this.#varlong();
    const offsetDelta = this.#varint();
    const keyLength = this.#varint();
    this.keyStart = this.#position;
    this.keyEnd = keyLength < 0 ? this.keyStart - 1 : this.keyStart + keyLength;
    if (keyLength > 0) this.#position = this.keyEnd;
    const valueLength = this.#varint();
    this.valueStart = this.#position;
    this.valueEnd = valueLength < 0 ? this.valueStart - 1 : this.valueStart + valueLength;
    if (valueLength > 0) this.#position = this.valueEnd;
    this.#headersStart = this.#position;
    if (this.#position >= this.#recordEnd || this.#recordEnd > this.#limit) {
      throw this.#unreadable('a record has other lengths than it says');
    }
    this.#offsetDelta = this.#isWhole ? this.#offsetDelta + 1 : this.#checked(offsetDelta);
  }

  /**
   * Brokers don't look at what a record says of its offset. In a batch that is whole, its place says it; where compaction took some away, one
   * that is not between its neighbours can't be told.
   */
  #checked(offsetDelta: number): number {
    const last = Number(this.#lastOffset - this.#baseOffset);
    if (offsetDelta > this.#offsetDelta && offsetDelta <= last) return offsetDelta;
    throw this.#unreadable('a record has another offset than its place allows');
  }

  #rewindHeaders(): void {
    this.#position = this.#headersStart;
    this.#headersLeft = this.#varint();
  }

  /** Brokers refuse headers that don't fit into their record; if any came all the same, they would end there. */
  #nextHeader(): boolean {
    if (this.#headersLeft-- <= 0) return false;
    const nameLength = this.#varint();
    this.#nameStart = this.#position;
    this.#nameEnd = this.#position += nameLength;
    const valueLength = this.#varint();
    this.#headerStart = this.#position;
    this.#headerEnd = valueLength < 0 ? this.#headerStart - 1 : this.#headerStart + valueLength;
    if (valueLength > 0) this.#position = this.#headerEnd;
    return nameLength >= 0 && this.#position <= this.#recordEnd;
  }

  /** Leaves where the value is in `#headerStart` and `#headerEnd`. */
  #toHeader(name: string): boolean {
    const wanted = bytesOfName(name);
    let start = -1;
    let end = -1;
    this.#rewindHeaders();
    while (this.#nextHeader()) {
      if (this.#nameEnd - this.#nameStart !== wanted.length) continue;
      if (!isAt(this.bytes, this.#nameStart, wanted)) continue;
      start = this.#headerStart;
      end = this.#headerEnd;
    }
    this.#headerStart = start;
    this.#headerEnd = end;
    return start >= 0;
  }

  #headers(): RawHeader[] {
    const headers: RawHeader[] = [];
    this.#rewindHeaders();
    while (this.#nextHeader()) {
      const name = this.bytes.toString('utf8', this.#nameStart, this.#nameEnd);
      const value = this.#view(this.#headerStart, this.#headerEnd);
      const lossless = !name.includes(NOT_UTF8);
      headers.push([lossless ? name : this.bytes.subarray(this.#nameStart, this.#nameEnd), value]);
    }
    return headers;
  }

  /** All 64 bits of it, of which `timestamp` keeps 53: a client may have written any. */
  #exactTimestamp(): bigint {
    const { appendTimestamp, baseTimestamp = -1n } = this.#batch ?? {};
    if (appendTimestamp !== undefined) return appendTimestamp;
    return BigInt.asIntN(64, baseTimestamp + this.#exactTimestampDelta());
  }

  #exactTimestampDelta(): bigint {
    if (Number.isSafeInteger(this.#timestampDelta)) return BigInt(this.#timestampDelta);
    let zigzag = 0n;
    for (let at = this.#timestampStart, shift = 0n; ; at++, shift += 7n) {
      const byte = this.bytes[at] as number;
      zigzag |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    zigzag = BigInt.asUintN(64, zigzag);
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  /**
   * A zigzag varint of 32 bits, as brokers read it: bits beyond are dropped, and longer than five bytes is none (more than anything has). Two
   * bytes are the most that most of them have. Behind the end it reads zeros: whoever calls looks where it got to.
   * @see https://protobuf.dev/programming-guides/encoding/#varints
   */
  #varint(): number {
    const { bytes } = this;
    const first = bytes[this.#position++] as number;
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    const second = bytes[this.#position++] as number;
    let value = (first & 0x7f) | ((second & 0x7f) << 7);
    if (second < 0x80) return (value >>> 1) ^ -(value & 1);
    for (let shift = 14, byte = second; byte >= 0x80; shift += 7) {
      if (shift > 28) return Number.POSITIVE_INFINITY;
      byte = bytes[this.#position++] as number;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** The same of 64 bits, which may not fit into the 32 of JavaScript's bit operations; `#exactTimestamp` is for what is no safe integer. */
  #varlong(): number {
    const { bytes } = this;
    const start = this.#position;
    if ((bytes[start] as number) < 0x80 || (bytes[start + 1] as number) < 0x80) return this.#varint();
    let value = 0;
    for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 0x80) {
      if (scale > 2 ** 63) throw this.#unreadable('a time has more than 64 bits');
      byte = bytes[this.#position++] as number;
      value += (byte & 0x7f) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #view(start: number, end: number): Buffer | null {
    return end < start ? null : this.bytes.subarray(start, end);
  }

  #where(): string {
    return `${this.topic}/${this.partition} at or behind offset ${this.#from}`;
  }

  /** Of the batch that it stands in: what was not handed on. */
  #unreadable(why: string): UnreadableBatchError {
    const [first, behind] = [this.#baseOffset + BigInt(this.#offsetDelta + 1), this.#lastOffset + 1n];
    const from = first > this.#from ? first : this.#from;
    const until = behind > from ? behind : from + 1n;
    return new UnreadableBatchError({ topic: this.topic, partition: this.partition, from, until }, why);
  }
}
