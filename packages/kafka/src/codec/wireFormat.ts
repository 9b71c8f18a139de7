import type { Type } from 'avsc';

/**
 * Confluent wire format: a zero byte, the schema id as four bytes, then Avro binary.
 * @see https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
export const HEADER_BYTES = 5;
const MAGIC = 0;

/** One buffer for all encoding, since encoding is synchronous: what leaves is a copy of just the bytes it took. */
let scratch = Buffer.allocUnsafe(4_096);

/** @throws what avsc throws for a value that the schema forbids */
export function frame(schemaId: number, type: Type, value: unknown): Buffer {
  for (;;) {
    scratch[0] = MAGIC;
    scratch.writeInt32BE(schemaId, 1);
    const end = type.encode(value, scratch, HEADER_BYTES);
    if (end >= 0) return Buffer.from(scratch.subarray(0, end));
    // avsc says by how much it was too small.
    scratch = Buffer.allocUnsafe(scratch.length * 2 - end);
  }
}

/** The schema id of the value at `start` up to `end`; undefined when it is no frame. */
export function schemaIdIn(bytes: Buffer, start: number, end: number): number | undefined {
  return end - start < HEADER_BYTES || bytes[start] !== MAGIC ? undefined : bytes.readInt32BE(start + 1);
}
