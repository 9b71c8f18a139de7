import { copyLiteral, copyRepeat, cutOff, tooLarge } from './copy.ts';

/** What Java's library puts before its blocks: its name, then its version and the oldest that reads it, 4 bytes each. */
const XERIAL = Buffer.from('\x82SNAPPY\0', 'latin1');
const XERIAL_HEAD = XERIAL.length + 8;

// The kinds of elements: the lowest two bits of their tags.
const LITERAL = 0;
const NEAR = 1;
const FAR = 2;
/** Literals that are longer have the length behind the tag, in one byte for each step above it. */
const LONGEST_IN_TAG = 59;

/**
 * Unpacks Snappy, bare or in xerial's framing: blocks with their lengths before them.
 * @throws RangeError when it is none, or unpacks to more than `limit` bytes
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(bytes: Buffer, limit: number): Buffer {
  const blocks = bytes.subarray(0, XERIAL.length).equals(XERIAL) ? xerialBlocks(bytes) : [bytes];
  const sizes = blocks.map(sizeOf);
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  // Each says its size, which is what it has, or it is refused: so nothing is made of what claims too much.
  if (total > limit) throw tooLarge();
  const output = Buffer.allocUnsafe(total);
  let at = 0;
  for (const [i, { size, next }] of sizes.entries()) {
    const block = output.subarray(at, at + size);
    unpackBlock(blocks[i] as Buffer, next, block);
    at += size;
  }
  return output;
}

function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEAD; at < bytes.length; ) {
    const start = at + 4;
    if (start > bytes.length) throw cutOff();
    at = start + bytes.readUInt32BE(at);
    if (at > bytes.length) throw cutOff();
    blocks.push(bytes.subarray(start, at));
  }
  return blocks;
}

/** How many bytes a block says that it has, as a varint, and where what it consists of begins. */
function sizeOf(block: Buffer): { size: number; next: number } {
  let size = 0;
  for (let next = 0, scale = 1; next < Math.min(5, block.length); scale *= 0x80) {
    const byte = block[next++] as number;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) return { size, next };
  }
  throw new RangeError('it does not begin with its size');
}

function unpackBlock(input: Buffer, start: number, output: Buffer): void {
  let at = 0;
  for (let from = start; from < input.length; ) {
    const tag = input[from++] as number;
    const kind = tag & 0b11;
    if (kind === LITERAL) {
      let length = tag >>> 2;
      const more = length - LONGEST_IN_TAG;
      if (more > 0) {
        length = littleEndian(input, from, more);
        from += more;
      }
      at = copyLiteral(input, from, from + length + 1, output, at);
      from += length + 1;
    } else if (kind === NEAR) {
      const distance = ((tag >>> 5) << 8) | littleEndian(input, from, 1);
      at = copyRepeat(output, at, distance, ((tag >>> 2) & 0b111) + 4);
      from += 1;
    } else {
      const width = kind === FAR ? 2 : 4;
      at = copyRepeat(output, at, littleEndian(input, from, width), (tag >>> 2) + 1);
      from += width;
    }
  }
  if (at !== output.length) throw new RangeError('it has fewer bytes than it says');
}

function littleEndian(input: Buffer, at: number, width: number): number {
  if (at + width > input.length) throw cutOff();
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 0x100 + (input[at + i] as number);
  return value;
}
