import { type Gap, gapOf } from '../fetched.ts';
import { createHolding } from '../holding.ts';
import type { Records } from '../reader/records.ts';
import type { ReceivedRecord } from '../record.ts';

/** What one transaction is made of: records of one partition that stand one after another, or what nobody can read, or both. */
export interface Portion {
  topic: string;
  partition: number;
  records: ReceivedRecord[];
  /** Comes behind the records. */
  gap: Gap | undefined;
  /** Where the partition goes on once they are committed. */
  nextOffset: bigint;
}

/**
 * Cuts what was read of a partition into portions. Lazily: the records of the next one are not made before it is asked for.
 * @param limitAt how many records a portion that begins at this offset may have
 */
export function* portionsOf(chunk: Records, limitAt: (offset: bigint) => number): Generator<Portion> {
  const { topic, partition } = chunk;
  const portion = (of: ReceivedRecord[], nextOffset: bigint, gap?: Gap): Portion => ({
    ...{ topic, partition, records: of, gap, nextOffset },
  });
  let records: ReceivedRecord[] = [];
  let limit = 0;
  let holding = createHolding();
  for (;;) {
    const step = next(chunk);
    if (step === undefined) break;
    if ('why' in step) {
      yield portion(records, step.lastOffset + 1n, step);
      records = [];
      holding = createHolding();
      continue;
    }
    const last = records.at(-1);
    if (last && (records.length >= limit || holding.wouldBeTooMuch(step))) {
      yield portion(records, last.offset + 1n);
      records = [];
      holding = createHolding();
    }
    if (records.length === 0) limit = limitAt(step.offset);
    records.push(step);
    holding.add(step);
  }
  // Behind the last record there may be some that nobody gets: transactions' markers and what was aborted.
  if (records.length > 0) yield portion(records, chunk.nextOffset);
}

/** @throws what is no gap, but an end: see reader.ts */
function next(chunk: Records): ReceivedRecord | Gap | undefined {
  try {
    return chunk.next() ? chunk.received() : undefined;
  } catch (error) {
    const gap = gapOf(error, chunk);
    if (!gap) throw error;
    return gap;
  }
}
