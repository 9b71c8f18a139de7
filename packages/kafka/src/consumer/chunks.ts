import type { Batch } from 'kafkajs';
import { fromMessage, type ReceivedRecord } from '../record.ts';

export interface Chunk {
  /** The wanted records, in offset order; none when nobody wants any of them. */
  records: ReceivedRecord[];
  /** When the records are done, everything up to this offset is. */
  lastOffset: bigint;
}

/** Cuts a batch into chunks of at most `maxRecords` wanted records. Lazily, so that waiting batches stay small. */
export function* chunksOf(
  batch: Pick<Batch, 'topic' | 'partition' | 'messages' | 'lastOffset'>,
  wants: ((record: ReceivedRecord) => boolean) | undefined,
  maxRecords: number,
): Generator<Chunk> {
  const { topic, partition, messages } = batch;
  let records: ReceivedRecord[] = [];
  let lastOffset: bigint | undefined;
  for (const message of messages) {
    const record = fromMessage(topic, partition, message);
    if (!wants || wants(record)) {
      if (records.length === maxRecords && lastOffset !== undefined) {
        yield { records, lastOffset };
        records = [];
      }
      records.push(record);
    }
    lastOffset = record.offset;
  }
  // Behind the last record there may be some that kafkajs keeps to itself: transactions' markers and what was aborted.
  if (lastOffset !== undefined) yield { records, lastOffset: BigInt(batch.lastOffset()) };
}
