import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compressionsAlgorithms } from '../wire/protocol.ts';
import { decompress, LARGEST_BATCH } from './compression.ts';

const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4];
const SMALL = 4_096;

/** Bytes with repetitions near and far, overlapping and not, as records have them. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.nat({ max: 255 }), fc.integer({ min: 1, max: 2_000 }))
        .map(([byte, n]) => Buffer.alloc(n, byte)),
      fc
        .constantFrom('ce_type', 'brew.orders.v1.OrderPlaced', 'application/avro')
        .map((text) => Buffer.from(text)),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((pieces) => Buffer.concat([...pieces, ...pieces.slice(0, 20)]));

/** Jest compares buffers byte by byte, each with a call. */
const expectSame = (actual: Buffer, expected: Buffer) => expect(actual.equals(expected)).toBe(true);

/** As Java's library writes it: blocks of at most 32 KiB. */
function xerial(bytes: Buffer, block: number): Buffer {
  const framed: Buffer[] = [Buffer.from('82534e4150505900', 'hex'), Buffer.from('0000000100000001', 'hex')];
  for (let at = 0; at < bytes.length; at += block) {
    const packed = compressionsAlgorithms.snappy.compressSync(bytes.subarray(at, at + block));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(packed.length);
    framed.push(length, packed);
  }
  return Buffer.concat(framed);
}

/** A frame of LZ4 whose blocks are stored as they are, with everything that may be left out. */
function storedLz4(bytes: Buffer): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length + 0x80000000);
  // Flags: version 1, independent blocks with checksums, the size and a checksum of the whole.
  const head = Buffer.concat([Buffer.from('04224d187c70', 'hex'), size, Buffer.of(0)]);
  return Buffer.concat([
    skippedFrame,
    head,
    length,
    bytes,
    Buffer.alloc(4),
    Buffer.alloc(4),
    Buffer.alloc(4),
  ]);
}

/** Of LZ4 and Zstandard: what a reader has to step over. */
const skippedFrame = Buffer.from('5f2a4d1803000000616263', 'hex');

test('unpacks what each codec has packed', () => {
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: SMALL }), (bytes, block) => {
      expectSame(decompress(GZIP, gzipSync(bytes)), bytes);
      const zstd = zstdCompressSync(bytes);
      expectSame(decompress(ZSTD, zstd), bytes);
      expectSame(
        decompress(ZSTD, Buffer.concat([skippedFrame, zstd, skippedFrame, zstd])),
        Buffer.concat([bytes, bytes]),
      );
      expectSame(decompress(SNAPPY, compressionsAlgorithms.snappy.compressSync(bytes)), bytes);
      expectSame(decompress(SNAPPY, xerial(bytes, block)), bytes);
      const lz4 = compressionsAlgorithms.lz4.compressSync(bytes);
      expectSame(decompress(LZ4, lz4), bytes);
      expectSame(decompress(LZ4, Buffer.concat([lz4, lz4])), Buffer.concat([bytes, bytes]));
      expectSame(decompress(LZ4, storedLz4(bytes)), bytes);
    }),
  );
});

test('unpacks large blocks, whose repetitions reach far back', () => {
  const far = Buffer.concat(
    Array.from({ length: 3_000 }, (_, i) => Buffer.from(`${i % 700} brew.orders.v1 `)),
  );
  for (const bytes of [far, Buffer.alloc(3 << 20)]) {
    expectSame(decompress(SNAPPY, compressionsAlgorithms.snappy.compressSync(bytes)), bytes);
    expectSame(decompress(LZ4, compressionsAlgorithms.lz4.compressSync(bytes)), bytes);
  }
});

test('always ends, within its limit and with nothing but an error, whatever the bytes say', () => {
  const packed = fc.tuple(content, fc.constantFrom(SNAPPY, LZ4)).map(([bytes, codec]) => {
    const { compressSync } = compressionsAlgorithms[codec === LZ4 ? 'lz4' : 'snappy'];
    return { codec, bytes: compressSync(bytes) };
  });
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 });
  fc.assert(
    fc.property(packed, changes, fc.nat(), ({ codec, bytes }, changed, cut) => {
      const bad = Buffer.from(bytes.subarray(0, cut % (bytes.length + 1)));
      for (const [at, byte] of changed) if (bad.length > 0) bad[at % bad.length] = byte;
      let unpacked: Buffer = Buffer.alloc(0);
      try {
        unpacked = decompress(codec, bad, SMALL);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      expect(unpacked.length).toBeLessThanOrEqual(SMALL);
    }),
    { numRuns: 5_000 },
  );
});

test('makes nothing of what unpacks to more than a batch may', () => {
  const zeros = Buffer.alloc(LARGEST_BATCH + 1);
  const packed = [
    [GZIP, gzipSync(zeros)],
    [SNAPPY, compressionsAlgorithms.snappy.compressSync(zeros)],
    [SNAPPY, Buffer.concat([Buffer.from('ffffffff0f', 'hex'), Buffer.from('abc')])],
    [LZ4, compressionsAlgorithms.lz4.compressSync(zeros)],
    [ZSTD, zstdCompressSync(zeros)],
  ] as const;
  for (const [codec, bytes] of packed) {
    expect(() => decompress(codec, bytes)).toThrow(/more than it may|larger than/);
  }
  expect(decompress(GZIP, gzipSync(zeros.subarray(1)))).toHaveLength(LARGEST_BATCH);
});

test('names a codec that nobody knows', () => {
  for (const codec of [0, 5, 7])
    expect(() => decompress(codec, Buffer.alloc(1))).toThrow(`codec ${codec} is unknown`);
});
