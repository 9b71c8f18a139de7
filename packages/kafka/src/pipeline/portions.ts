import type { Records } from '../reader/records.ts';
import type { ReceivedRecord } from '../record.ts';

/** What one transaction is made of: records of one partition that stand one after another, at least one. */
export interface Portion {
  topic: string;
  partition: number;
  records: ReceivedRecord[];
  /** Where the partition goes on once they are committed. */
  nextOffset: bigint;
}

/**
 * Cuts what was read of a partition into portions. Lazily: the records of the next one are not made before it is asked for.
 * @param limitAt how many records a portion that begins at this offset may have
 */
export function* portionsOf(chunk: Records, limitAt: (offset: bigint) => number): Generator<Portion> {
  const { topic, partition } = chunk;
  let records: ReceivedRecord[] = [];
  let limit = 0;
  while (chunk.next()) {
    const last = records.at(-1);
    if (last && records.length >= limit) {
      yield { topic, partition, records, nextOffset: last.offset + 1n };
      records = [];
    }
    if (records.length === 0) limit = limitAt(chunk.offset);
    records.push(chunk.received());
  }
  // Behind the last record there may be some that nobody gets: transactions' markers and what was aborted.
  if (records.length > 0) yield { topic, partition, records, nextOffset: chunk.nextOffset };
}
