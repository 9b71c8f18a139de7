import { copyLiteral, copyRepeat, cutOff } from './copy.ts';

const FRAME = 0x184d2204;
/** Frames of these sixteen numbers are to be stepped over. */
const SKIPPABLE = 0x184d2a5;

// Of a frame's flags.
const VERSION_1 = 0b01;
const BLOCK_CHECKSUM = 1 << 4;
const CONTENT_SIZE = 1 << 3;
const CONTENT_CHECKSUM = 1 << 2;
const DICTIONARY = 1 << 0;

/** Of a block's length: it is stored as it is. */
const STORED = 0x80000000;
/** What is repeated is that much longer than is said. */
const SHORTEST_REPEAT = 4;

/**
 * Unpacks LZ4 frames. Their checksums are not looked at: the batch that they are in has one of its own.
 * @throws RangeError when they are none, or unpack to more than `limit` bytes
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function unpackLz4(bytes: Buffer, limit: number): Buffer {
  let output = Buffer.allocUnsafe(Math.min(bytes.length * 4, limit));
  let at = 0;
  let from = 0;

  const uint32 = (position: number) => {
    if (position + 4 > bytes.length) throw cutOff();
    return bytes.readUInt32LE(position);
  };

  function makeRoom(more: number): void {
    if (at + more <= output.length || output.length === limit) return;
    const larger = Buffer.allocUnsafe(Math.min(Math.max(output.length * 2, at + more), limit));
    output.copy(larger, 0, 0, at);
    output = larger;
  }

  while (from < bytes.length) {
    const magic = uint32(from);
    if (magic >>> 4 === SKIPPABLE) {
      from += 8 + uint32(from + 4);
      continue;
    }
    if (magic !== FRAME) throw new RangeError('it is no LZ4 frame');
    const flags = uint32(from + 4) & 0xff;
    const largestBlock = 1 << (2 * ((uint32(from + 4) >>> 12) & 0b111) + 8);
    if (flags >>> 6 !== VERSION_1) throw new RangeError('its version is unknown');
    if ((flags & DICTIONARY) !== 0) throw new RangeError('it needs a dictionary');
    // Magic, flags and largest block, content size if there is one, checksum of these.
    from += 6 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + 1;
    for (let length = uint32(from); length !== 0; length = uint32(from)) {
      const start = from + 4;
      const end = start + (length % STORED);
      if (end > bytes.length) throw cutOff();
      makeRoom(largestBlock);
      at =
        length >= STORED
          ? copyLiteral(bytes, start, end, output, at)
          : unpackBlock(bytes, start, end, output, at);
      from = end + ((flags & BLOCK_CHECKSUM) === 0 ? 0 : 4);
    }
    from += 4 + ((flags & CONTENT_CHECKSUM) === 0 ? 0 : 4);
  }
  return output.subarray(0, at);
}

/** @returns where what was unpacked ends */
function unpackBlock(input: Buffer, start: number, end: number, output: Buffer, begin: number): number {
  let at = begin;
  for (let from = start; from < end; ) {
    const token = input[from++] as number;
    let literal = token >>> 4;
    // What does not fit into four bits goes on in bytes: up to the first that is not 255.
    if (literal === 15) {
      for (let more = 255; more === 255; literal += more) more = byteAt(input, from++, end);
    }
    at = copyLiteral(input, from, from + literal, output, at);
    from += literal;
    if (from >= end) break; // the last one has nothing to repeat
    const distance = byteAt(input, from, end) | (byteAt(input, from + 1, end) << 8);
    from += 2;
    let repeat = token & 0b1111;
    if (repeat === 15) {
      for (let more = 255; more === 255; repeat += more) more = byteAt(input, from++, end);
    }
    at = copyRepeat(output, at, distance, repeat + SHORTEST_REPEAT);
  }
  return at;
}

function byteAt(input: Buffer, at: number, end: number): number {
  if (at >= end) throw cutOff();
  return input[at] as number;
}
