import { type ReceivedRecord, RecordOfBytes } from './record.ts';

/** More than these, and what is held is to be worked off before more is taken. */
export const MOST_HELD = 8 * 1024 * 1024;

/**
 * Counts the bytes that records keep in memory. Each has views only, and a view keeps all that its batch was unpacked to: a record of ten bytes
 * can keep sixteen MiB.
 */
export interface Holding {
  readonly bytes: number;
  /** Whether this record would make them more than MOST_HELD, or than fits; the first one never does, since somebody has to take it. */
  wouldBeTooMuch(record: ReceivedRecord): boolean;
  /** To be told of records in their order. */
  add(record: ReceivedRecord): void;
}

/** @param fits whether there is memory for so many bytes in all; by default there is */
export function createHolding(fits: (bytes: number) => boolean = () => true): Holding {
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
    wouldBeTooMuch(record) {
      const own = more(record);
      return last !== undefined && own > 0 && (bytes + own > MOST_HELD || !fits(bytes + own));
    },
    add(record) {
      bytes += more(record);
      last = bufferOf(record) ?? last;
    },
  };
}

/** Made by hand, it has texts and no batch. */
const bufferOf = (record: ReceivedRecord): ArrayBufferLike | undefined =>
  record instanceof RecordOfBytes ? record.keeps : record.value?.buffer;
