import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { Compression } from '../../../client.ts';
import { compressionsAlgorithms } from '../../../wire/protocol.ts';

interface Codec {
  /** As it stands in a batch. @see https://kafka.apache.org/documentation/#recordbatch */
  id: number;
  pack(records: Buffer): Buffer | Promise<Buffer>;
}

/** Ours become a fifth. Node takes 16 KiB at a time otherwise: for each a way to the other thread and back, and memory outside of the heap. */
const roomFor = (records: Buffer): number => Math.max(1024, records.length >> 1);

const gzipped = promisify(gzip);
const zstd = promisify(zstdCompress);

/** gzip and zstd in another thread, beside whatever else the process does; the others take less than the way there. */
export const codecs: Readonly<Record<Exclude<Compression, 'none'>, Codec>> = {
  gzip: { id: 1, pack: (records) => gzipped(records, { chunkSize: roomFor(records) }) },
  snappy: { id: 2, pack: (records) => compressionsAlgorithms.snappy.compressSync(records) },
  lz4: { id: 3, pack: (records) => compressionsAlgorithms.lz4.compressSync(records) },
  zstd: {
    id: 4,
    pack: (records) =>
      zstd(records, {
        chunkSize: roomFor(records),
        params: { [constants.ZSTD_c_compressionLevel]: 1 },
      }),
  },
};
