import { open } from 'node:fs/promises';

/** A record batch, as it lies in a file. */
export interface Batch {
  /** Where it begins in the file, in bytes. */
  position: number;
  baseOffset: number;
  nextOffset: number;
  bytes: Buffer;
}

/** Everything before the first record. @see https://kafka.apache.org/documentation/#recordbatch */
const HEADER_BYTES = 61;
const CHUNK_BYTES = 1024 * 1024;

/**
 * The batches of a segment from a position on, which has to be the beginning of one. What is behind the last whole batch, as it is
 * being written, is left out.
 */
export async function* readBatches(file: string, position = 0): AsyncGenerator<Batch> {
  await using handle = await open(file);
  let size = CHUNK_BYTES;
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, position);
    const found = wholeBatches(buffer.subarray(0, bytesRead), position);
    yield* found;
    const last = found.at(-1);
    if (last) position = last.position + last.bytes.length;
    if (bytesRead < size) return;
    // A batch that is larger than that.
    if (last === undefined) size *= 2;
  }
}

/** Where the whole batches of a segment end. */
export async function endOf(
  file: string,
  baseOffset: number,
): Promise<{ position: number; nextOffset: number }> {
  let end = { position: 0, nextOffset: baseOffset };
  for await (const { position, bytes, nextOffset } of readBatches(file))
    end = { position: position + bytes.length, nextOffset };
  return end;
}

function wholeBatches(buffer: Buffer, position: number): Batch[] {
  const found: Batch[] = [];
  for (let at = 0; buffer.length - at >= HEADER_BYTES; ) {
    // The length counts what comes behind it. Zeros are space that was only reserved.
    const end = at + 12 + buffer.readInt32BE(at + 8);
    if (end < at + HEADER_BYTES || end > buffer.length) break;
    const baseOffset = Number(buffer.readBigInt64BE(at));
    const nextOffset = baseOffset + buffer.readInt32BE(at + 23) + 1;
    found.push({ position: position + at, baseOffset, nextOffset, bytes: buffer.subarray(at, end) });
    at = end;
  }
  return found;
}

/** The one record of a batch that says nothing: no key, four bytes of value, of which the second is its type, 20. */
const NO_OP = Buffer.from('1400000001080114000000', 'hex');

/** Whether a batch is a NoOpRecord: the active controller writes one every half second, so that others see it is alive. */
export const isIdle = ({ bytes }: Batch): boolean => bytes.subarray(HEADER_BYTES).equals(NO_OP);
