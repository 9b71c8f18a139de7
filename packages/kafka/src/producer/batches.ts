import type { Message, TopicMessages } from 'kafkajs';
import { type OutgoingRecord, toMessage } from '../record.ts';

/**
 * Kafka refuses a batch of one partition that is larger than the topic's max.message.bytes, by default 1 MiB. What
 * kafkajs is given at once could all be for one partition, so it stays well below; headers and framing come on top.
 */
const MAX_BATCH_BYTES = 512 * 1024;

/** Cuts records, in their order, into batches of bounded size, each grouped by topic as kafkajs wants it. */
export function* batchesOf(records: readonly OutgoingRecord[]): Generator<TopicMessages[]> {
  let topics = new Map<string, Message[]>();
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (bytes > 0 && bytes + size > MAX_BATCH_BYTES) {
      yield asList(topics);
      topics = new Map();
      bytes = 0;
    }
    bytes += size;
    const messages = topics.get(record.topic);
    if (messages) messages.push(toMessage(record));
    else topics.set(record.topic, [toMessage(record)]);
  }
  if (topics.size > 0) yield asList(topics);
}

const asList = (topics: Map<string, Message[]>): TopicMessages[] =>
  Array.from(topics, ([topic, messages]) => ({ topic, messages }));

/** About the bytes that a record takes in a batch. Characters count as one byte: nearly all of ours are ASCII. */
function sizeOf(record: OutgoingRecord): number {
  let size = 32 + (record.value?.length ?? 0) + (record.key?.length ?? 0);
  for (const name in record.headers) size += 4 + name.length + (record.headers[name]?.length ?? 0);
  for (const [name, value] of record.rawHeaders ?? []) size += 4 + name.length + (value?.length ?? 0);
  return size;
}
