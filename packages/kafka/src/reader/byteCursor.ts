/** A place in the bytes of a batch, and the numbers that stand there. A class for the sake of V8, see RecordCursor. */
export class ByteCursor {
  bytes: Buffer;
  position: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.position = 0;
  }

  /**
   * A zigzag varint of 32 bits, as brokers read it: bits beyond are dropped, and longer than five bytes is none (more than anything has). Two
   * bytes are the most that most of them have. Behind the end it reads zeros: whoever calls looks where it got to.
   * @see https://protobuf.dev/programming-guides/encoding/#varints
   */
  varint(): number {
    const { bytes } = this;
    const first = bytes[this.position++] as number;
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    const second = bytes[this.position++] as number;
    let value = (first & 0x7f) | ((second & 0x7f) << 7);
    if (second < 0x80) return (value >>> 1) ^ -(value & 1);
    for (let shift = 14, byte = second; byte >= 0x80; shift += 7) {
      if (shift > 28) return Number.POSITIVE_INFINITY;
      byte = bytes[this.position++] as number;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /**
   * The same of 64 bits, which may not fit into the 32 of JavaScript's bit operations; `exactVarlong` is for what is no safe integer.
   * @returns undefined when it is longer than that
   */
  varlong(): number | undefined {
    const { bytes, position } = this;
    if ((bytes[position] as number) < 0x80 || (bytes[position + 1] as number) < 0x80) return this.varint();
    let value = 0;
    for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 0x80) {
      if (scale > 2 ** 63) return undefined;
      byte = bytes[this.position++] as number;
      value += (byte & 0x7f) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

const at = new ByteCursor(Buffer.alloc(0));

/** The varlong at `start`, which has been read before, with all of its bits. */
export function exactVarlong(bytes: Buffer, start: number): bigint {
  at.bytes = bytes;
  at.position = start;
  const near = at.varlong();
  if (Number.isSafeInteger(near)) return BigInt(near as number);
  let zigzag = 0n;
  for (let i = start, shift = 0n; ; i++, shift += 7n) {
    const byte = bytes[i] as number;
    zigzag |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  zigzag = BigInt.asUintN(64, zigzag);
  return (zigzag >> 1n) ^ -(zigzag & 1n);
}
