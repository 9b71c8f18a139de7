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
  { topic, partition, messages }: Pick<Batch, 'topic' | 'partition' | 'messages'>,
  wants: ((record: ReceivedRecord) => boolean) | undefined,
  maxRecords: number,
): Generator<Chunk> {
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
  if (lastOffset !== undefined) yield { records, lastOffset };
}
