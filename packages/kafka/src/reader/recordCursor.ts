import { messageOf, UnreadableBatchError } from '../errors.ts';
import { MOST_HEADERS, type ReceivedRecord, type TopicPartition } from '../record.ts';
import { createAbortedFilter } from './abortedTransactions.ts';
import { ByteCursor } from './byteCursor.ts';
import { decompress } from './compression.ts';
import { HeaderCursor } from './headerCursor.ts';
import type { Lookup } from './lookup.ts';
import { type RecordBatch, readBatch } from './recordBatch.ts';
import { exactTime, type OpenBatch, RecordInBatch } from './recordInBatch.ts';
import type { Records, RecordsOptions } from './records.ts';

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
  #batch: OpenBatch;
  #recordsLeft = 0;
  /** Whether nothing of it was compacted away. */
  #isWhole = false;
  /** Which offsets of the batch are wanted, relative to its base: plain numbers. */
  #fromDelta = 0;
  #untilDelta = 0;

  readonly #at: ByteCursor;
  #limit = 0;
  #recordEnd = 0;
  #offsetDelta = 0;
  #timestampStart = 0;
  #timestampDelta = 0;
  #headersStart = 0;
  readonly #headers = new HeaderCursor();

  constructor(options: RecordsOptions) {
    this.#options = options;
    this.topic = options.topic;
    this.partition = options.partition;
    this.nextOffset = options.nextOffset;
    this.endOffset = options.endOffset;
    this.byteLength = options.bytes.length;
    this.bytes = options.bytes;
    this.#batches = options.bytes;
    this.#at = new ByteCursor(options.bytes);
    this.#batch = openBatch(options, NO_BATCH, options.bytes);
    this.#from = options.from;
    this.#until = options.until;
    this.#onUnreadable = options.onUnreadable;
    this.#isAborted = options.isAborted ?? createAbortedFilter(options.aborted);
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
    const count = this.headerCount;
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
    return Number.isSafeInteger(near) ? near : Number(exactTime(this.#batch, this.#timestampStart));
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

  get headerCount(): number {
    return this.#rewoundHeaders().left;
  }

  header(name: string): Buffer | null | undefined {
    const headers = this.#rewoundHeaders();
    return headers.find(name) ? this.#view(headers.valueStart, headers.valueEnd) : undefined;
  }

  headerIn<Value>(name: string, lookup: Lookup<Value>): Value | undefined {
    const headers = this.#rewoundHeaders();
    return headers.find(name) ? lookup.find(this.bytes, headers.valueStart, headers.valueEnd) : undefined;
  }

  received(): ReceivedRecord {
    return new RecordInBatch(
      this.#batch,
      this.#offsetDelta,
      this.#timestampStart,
      this.keyStart,
      this.keyEnd,
      this.valueStart,
      this.valueEnd,
      this.#headersStart,
      this.#recordEnd,
    );
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
    this.#recordEnd = batch.recordsStart;
    this.#limit = batch.end;
    if (batch.codec !== 0) {
      this.bytes = this.#unpacked(batch);
      this.#recordEnd = 0;
      this.#limit = this.bytes.length;
    }
    this.#at.bytes = this.bytes;
    this.#batch = openBatch(this, batch, this.bytes);
  }

  #unpacked({ codec, recordsStart, end }: RecordBatch): Buffer {
    try {
      return decompress(codec, this.#batches.subarray(recordsStart, end), this.#options.limit);
    } catch (error) {
      throw this.#unreadable(`it can't be unpacked: ${messageOf(error)}`);
    }
  }

  /**
   * Takes what brokers take, and as they read it: any negative length is that of a null.
   * @see https://kafka.apache.org/documentation/#record
   */
  #toNextRecord(): void {
    const at = this.#at;
    at.position = this.#recordEnd;
    this.#recordsLeft--;
    const length = at.varint();
    this.#recordEnd = at.position + length;
    at.position++; // attributes, of which there are none yet
    this.#timestampStart = at.position;
    const timestampDelta = at.varlong();
    if (timestampDelta === undefined) throw this.#unreadable('a time has more than 64 bits');
    this.#timestampDelta = timestampDelta;
    const offsetDelta = at.varint();
    const keyLength = at.varint();
    this.keyStart = at.position;
    this.keyEnd = keyLength < 0 ? this.keyStart - 1 : this.keyStart + keyLength;
    if (keyLength > 0) at.position = this.keyEnd;
    const valueLength = at.varint();
    this.valueStart = at.position;
    this.valueEnd = valueLength < 0 ? this.valueStart - 1 : this.valueStart + valueLength;
    if (valueLength > 0) at.position = this.valueEnd;
    this.#headersStart = at.position;
    if (at.position >= this.#recordEnd || this.#recordEnd > this.#limit) {
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

  #rewoundHeaders(): HeaderCursor {
    this.#headers.moveTo(this.bytes, this.#headersStart, this.#recordEnd);
    return this.#headers;
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

const NO_BATCH = { baseOffset: 0n, baseTimestamp: -1n, appendTimestamp: undefined };

const openBatch = (
  { topic, partition }: TopicPartition,
  { baseOffset, baseTimestamp, appendTimestamp }: Omit<OpenBatch, 'topic' | 'partition' | 'bytes'>,
  bytes: Buffer,
): OpenBatch => ({ topic, partition, baseOffset, baseTimestamp, appendTimestamp, bytes });
