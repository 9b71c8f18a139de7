import type { RecordBatch } from './recordBatch.ts';

/** A transaction that was aborted, as a broker tells of it: this producer's batches from there on, up to its end. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: bigint;
}

/**
 * Tells which batches of a partition are left out by who reads committed records. To be asked for every batch of an answer, in
 * order: the end of a transaction is a batch of its own, and what the producer writes after it is another one.
 * @param aborted those that the answer names: all that any of its batches may belong to
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging
 */
export function createAbortedFilter(aborted: readonly AbortedTransaction[]): (batch: RecordBatch) => boolean {
  const upcoming = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const open = new Set<bigint>();
  let next = 0;

  return ({ producerId, lastOffset, transactional, control }) => {
    for (let t = upcoming[next]; t && t.firstOffset <= lastOffset; t = upcoming[++next])
      open.add(t.producerId);
    if (!control) return transactional && open.has(producerId);
    // Whether it was a commit or an abort: the producer has no transaction any more.
    open.delete(producerId);
    return true;
  };
}
