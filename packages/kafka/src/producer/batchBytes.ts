import type { OutgoingRecord } from '../record.ts';

/** Of a record batch: offset, length, epoch, magic, CRC, attributes, delta, timestamps, producer, sequence, count. */
const BATCH_OVERHEAD = 61;

/**
 * The size of a batch with this record alone, uncompressed: what a broker compares with the topic's max.message.bytes.
 * See https://kafka.apache.org/documentation/#messageformat
 */
export function batchBytes({
  key,
  value,
  headers,
  rawHeaders = [],
}: Pick<OutgoingRecord, 'key' | 'value' | 'headers' | 'rawHeaders'>): number {
  // Attributes, and the deltas of timestamp and offset, which are 0 in the first record.
  let size = 3 + fieldBytes(key) + fieldBytes(value);
  let count = rawHeaders.length;
  for (const [name, header] of rawHeaders) size += fieldBytes(name) + fieldBytes(header);
  for (const name in headers) {
    const header = headers[name];
    for (const each of Array.isArray(header) ? header : [header ?? null]) {
      size += fieldBytes(name) + fieldBytes(each);
      count += 1;
    }
  }
  size += varintBytes(count);
  return BATCH_OVERHEAD + varintBytes(size) + size;
}

/** Its length as a varint, and its bytes; -1 stands for null. */
function fieldBytes(field: string | Buffer | null): number {
  const length = field === null ? -1 : Buffer.byteLength(field);
  return varintBytes(length) + Math.max(0, length);
}

/** Zigzag: 64 and more take two bytes, 8192 three. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value < 0 ? -value * 2 - 1 : value * 2; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
