import { END, HEADER_BYTES, NULL, POSTGRES_EPOCH_MS } from './rowWriter.ts';

/** Reads what a RowWriter wrote: the same columns, in the same order. */
export interface RowReader {
  /** Goes to the next row; false when there is none. */
  next(): boolean;
  text(): string | null;
  integer(): number | null;
  bigint(): number | null;
  /** Milliseconds since 1970. */
  time(): number | null;
}

export function createRowReader(bytes: Buffer): RowReader {
  let position = HEADER_BYTES;

  /** Where the next value is; undefined: null. */
  function value(): { start: number; end: number } | undefined {
    const length = bytes.readInt32BE(position);
    position += 4;
    if (length === NULL) return undefined;
    const start = position;
    position += length;
    return { start, end: position };
  }
  function number(read: (start: number) => number): number | null {
    const found = value();
    return found ? read(found.start) : null;
  }
  const high = (start: number) => bytes.readInt32BE(start);
  const low = (start: number) => bytes.readUInt32BE(start + 4);

  return {
    next() {
      const columns = bytes.readInt16BE(position);
      if (columns === END) return false;
      position += 2;
      return true;
    },
    text() {
      const found = value();
      return found ? bytes.toString('utf8', found.start, found.end) : null;
    },
    integer: () => number((start) => bytes.readInt32BE(start)),
    bigint: () => number((start) => high(start) * 2 ** 32 + low(start)),
    time: () => number((start) => Number(bytes.readBigInt64BE(start) / 1000n) + POSTGRES_EPOCH_MS),
  };
}
