import { type ReceivedRecord, rawPartsOf } from './record.ts';

/** More than these, and what is held is to be worked off before more is taken. */
export const MOST_HELD = 8 * 1024 * 1024;

/**
 * Counts the bytes that records keep in memory. Each has views only, and a view keeps all that its batch was unpacked to: a record of ten bytes
 * can keep sixteen MiB.
 */
export interface Holding {
  readonly bytes: number;
  /** Whether this record would make them more than MOST_HELD; the first one never does, since somebody has to take it. */
  wouldBeTooMuch(record: ReceivedRecord): boolean;
  /** To be told of records in their order. */
  add(record: ReceivedRecord): void;
}

export function createHolding(): Holding {
  let last: ArrayBufferLike | undefined;
  let bytes = 0;
  const more = (record: ReceivedRecord) => {
    const buffer = bufferOf(record);
    return buffer === undefined || buffer === last ? 0 : buffer.byteLength;
  };
  return {
    get bytes() {
      return bytes;
    },
    wouldBeTooMuch: (record) => last !== undefined && bytes + more(record) > MOST_HELD,
    add(record) {
      bytes += more(record);
      last = bufferOf(record) ?? last;
    },
  };
}

/** All parts of a record are of the same one. */
function bufferOf(record: ReceivedRecord): ArrayBufferLike | undefined {
  const { key, headers } = rawPartsOf(record);
  const part = record.value ?? key ?? headers.find(([, value]) => value !== null)?.[1];
  // Made by hand, a header is a text.
  return Buffer.isBuffer(part) ? part.buffer : undefined;
}
