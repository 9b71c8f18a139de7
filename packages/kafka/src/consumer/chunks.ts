import { type Fetched, type Gap, isGap, nextOffsetOf, walk } from '../fetched.ts';
import { createHolding } from '../holding.ts';
import { type ReceivedRecord, rawPartsOf } from '../record.ts';

export interface Chunk {
  /** The wanted records, in offset order; none when nobody wants any of them. */
  records: ReceivedRecord[];
  /** What `wants` threw about some of them: their own failures. */
  unfit: Map<ReceivedRecord, unknown>;
  /** Comes behind the records: what nobody can read. */
  gap: Gap | undefined;
  /** When the records are done, and the gap is told, everything below this offset is. */
  nextOffset: bigint;
}

/** So many records are looked at before the event loop gets its turn, wanted or not. */
const MAX_LOOKED_AT = 5_000;

/** Each is an object or two: many small ones take more memory than their bytes. */
const MAX_HEADERS = 20_000;

/** Cuts what was fetched into chunks of at most `maxRecords` wanted records. Lazily, so that waiting batches stay small. */
export function* chunksOf(
  fetched: Fetched,
  wants: ((record: ReceivedRecord) => boolean) | undefined,
  maxRecords: number,
): Generator<Chunk> {
  const begin = (nextOffset: bigint): Chunk => ({
    records: [],
    unfit: new Map(),
    gap: undefined,
    nextOffset,
  });
  let chunk = begin(fetched.from);
  let lookedAt = 0;
  let headers = 0;
  let holding = createHolding();
  for (const step of walk(fetched)) {
    if (isGap(step)) {
      yield { ...chunk, gap: step, nextOffset: step.lastOffset + 1n };
      chunk = begin(step.lastOffset + 1n);
      continue;
    }
    const own = rawPartsOf(step).headers.length;
    headers += own;
    const isFull =
      chunk.records.length === maxRecords || headers > MAX_HEADERS || holding.wouldBeTooMuch(step);
    if (isFull || ++lookedAt % MAX_LOOKED_AT === 0) {
      yield chunk;
      chunk = begin(chunk.nextOffset);
      headers = own;
      holding = createHolding();
    }
    if (take(chunk, step, wants)) holding.add(step);
  }
  // Behind the last record there may be some that nobody gets: transactions' markers and what was aborted.
  chunk.nextOffset = nextOffsetOf(fetched);
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
