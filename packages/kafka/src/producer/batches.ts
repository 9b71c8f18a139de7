import type { OutgoingRecord } from '../record.ts';

/**
 * Kafka refuses a batch of one partition that is larger than the topic's max.message.bytes, by default 1 MiB. What
 * is sent at once could all be for one partition, so it stays below; what is no ASCII comes on top. The larger it is, the less each record costs
 * three brokers.
 */
const MAX_BATCH_BYTES = 900 * 1024;

/** Cuts records, in their order, into portions of bounded size. */
export function* portionsOf(records: readonly OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let portion: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (bytes > 0 && bytes + size > MAX_BATCH_BYTES) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    bytes += size;
    portion.push(record);
  }
  if (portion.length > 0) yield portion;
}

/** About the bytes that a record takes in a batch. Characters count as one byte: nearly all of ours are ASCII. */
function sizeOf(record: OutgoingRecord): number {
  let size = 32 + (record.value?.length ?? 0) + (record.key?.length ?? 0);
  for (const name in record.headers) size += 4 + name.length + (record.headers[name]?.length ?? 0);
  for (const [name, value] of record.rawHeaders ?? []) size += 4 + name.length + (value?.length ?? 0);
  return size;
}
