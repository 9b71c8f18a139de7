import { batchesOf, type Fetched, type Gap, isGap } from '../fetched.ts';
import { createHolding } from '../holding.ts';
import type { ReceivedRecord } from '../record.ts';
import { type Account, SHARE } from './room.ts';

export interface Chunk {
  /** The wanted records, in offset order; none when nobody wants any of them. */
  records: ReceivedRecord[];
  /** What `wants` threw about some of them: their own failures. */
  unfit: Map<ReceivedRecord, unknown>;
  /** Comes behind the records: what nobody can read. */
  gap: Gap | undefined;
  /** When the records are done, and the gap is told, everything below this offset is. */
  nextOffset: bigint;
  /** There are no records, and what comes next is a batch that takes more memory than a partition's share: it is unpacked when the next chunk is asked for. */
  isBeforeLarge?: boolean;
}

/** So many records are looked at before the event loop gets its turn, wanted or not. */
const MAX_LOOKED_AT = 5_000;

/** Each is an object or two: many small ones take more memory than their bytes. */
const MAX_HEADERS = 20_000;

/**
 * Cuts what was fetched into chunks of at most `maxRecords` wanted records. Lazily, so that waiting batches stay small.
 * @param account of the memory that is shared with other partitions: its owner waits for its turn before a large batch, and closes it after an
 * early end. Left out, nothing is shared, and no large batch told of
 */
export function* chunksOf(
  fetched: Fetched,
  wants: ((record: ReceivedRecord) => boolean) | undefined,
  maxRecords: number,
  account?: Account,
): Generator<Chunk> {
  const begin = (nextOffset: bigint): Chunk => ({
    records: [],
    unfit: new Map(),
    gap: undefined,
    nextOffset,
  });
  const fits = account && ((bytes: number) => account.hold(bytes));
  let chunk = begin(fetched.from);
  let lookedAt = 0;
  let headers = 0;
  let holding = createHolding(fits);
  let isLarge = false;

  /** Lets go of what there was. Of a large batch the room is kept, which all of its chunks need. */
  const renew = (ownHeaders = 0) => {
    chunk = begin(chunk.nextOffset);
    headers = ownHeaders;
    holding = createHolding(isLarge ? undefined : fits);
    if (!isLarge) account?.hold(0);
  };

  for (const batch of batchesOf(fetched, account && SHARE)) {
    for (let step = batch.next(); step; step = batch.next()) {
      if (step === 'large') {
        if (chunk.records.length > 0) yield chunk;
        renew(); // before it waits
        yield { ...chunk, isBeforeLarge: true };
        isLarge = true;
        renew();
        continue;
      }
      if (isGap(step)) {
        yield { ...chunk, gap: step, nextOffset: step.lastOffset + 1n };
        chunk = begin(step.lastOffset + 1n);
        continue;
      }
      const own = batch.headerCount;
      headers += own;
      const isFull =
        chunk.records.length === maxRecords || headers > MAX_HEADERS || holding.wouldBeTooMuch(step);
      if (isFull || ++lookedAt % MAX_LOOKED_AT === 0) {
        yield chunk;
        renew(own);
      }
      if (take(chunk, step, wants)) holding.add(step);
    }
    if (!isLarge) continue;
    if (chunk.records.length > 0) yield chunk;
    isLarge = false;
    renew();
  }
  // Behind the last record there may be some that nobody gets: transactions' markers and what was aborted.
  chunk.nextOffset = fetched.nextOffset;
  if (chunk.nextOffset > fetched.from) yield chunk;
}

/** @returns whether it is in the chunk now */
function take(
  chunk: Chunk,
  record: ReceivedRecord,
  wants: ((record: ReceivedRecord) => boolean) | undefined,
): boolean {
  chunk.nextOffset = record.offset + 1n;
  try {
    if (wants?.(record) === false) return false;
  } catch (error) {
    chunk.unfit.set(record, error);
  }
  chunk.records.push(record);
  return true;
}
