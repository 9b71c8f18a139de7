import { expect, test } from '@jest/globals';
import { createRecords, type Records } from '../reader/records.ts';
import { batchOf } from '../testing/batches.ts';
import { portionsOf } from './portions.ts';

const records = Array.from({ length: 5 }, (_, i) => ({
  key: null,
  value: Buffer.from(String(i)),
  headers: [],
  timestamp: 0,
}));
const chunkOf = () =>
  createRecords({
    topic: 't',
    partition: 3,
    bytes: batchOf({ baseOffset: 0n, records }),
    from: 0n,
    until: undefined,
    nextOffset: 7n,
    endOffset: 7n,
    aborted: [],
  });

/** The same, and a batch that nobody can read before the record at an offset. */
function withError(offset: bigint, error: Error): Records {
  const chunk = chunkOf();
  let thrown = false;
  let peeked: boolean | undefined;
  const next = chunk.next.bind(chunk);
  chunk.next = () => {
    const is = peeked ?? next();
    peeked = undefined;
    if (!thrown && is && chunk.offset === offset) {
      thrown = true;
      peeked = is;
      throw error;
    }
    return is;
  };
  return chunk;
}
const cut = (chunk: Records) =>
  [...portionsOf(chunk, () => 2)].map((portion) => ({
    values: portion.records.map(({ value }) => String(value)),
    gap: portion.gap && [portion.gap.firstOffset, portion.gap.lastOffset],
    nextOffset: portion.nextOffset,
  }));

test('cuts what was read into portions, and goes on behind what nobody gets', () => {
  expect(cut(chunkOf())).toEqual([
    { values: ['0', '1'], gap: undefined, nextOffset: 2n },
    { values: ['2', '3'], gap: undefined, nextOffset: 4n },
    { values: ['4'], gap: undefined, nextOffset: 7n },
  ]);
});

test('cuts where its records would keep more than eight MiB of unpacked batches in memory', () => {
  const batch = (baseOffset: bigint) =>
    batchOf({
      baseOffset,
      records: [{ key: null, value: Buffer.alloc(6 << 20), headers: [], timestamp: 0 }],
      compression: 'zstd',
    });
  const bytes = Buffer.concat([batch(0n), batch(1n), batch(2n)]);
  const range = { from: 0n, until: undefined, nextOffset: 3n, endOffset: 3n, aborted: [] };
  const chunk = createRecords({ topic: 't', partition: 3, bytes, ...range });
  expect([...portionsOf(chunk, () => 100)].map(({ nextOffset }) => nextOffset)).toEqual([1n, 2n, 3n]);
});

test('has what nobody can read in its place', () => {
  const unreadable = Object.assign(new Error('what is that?'), { from: 3n, until: 4n });
  expect(cut(withError(3n, unreadable))).toEqual([
    { values: ['0', '1'], gap: undefined, nextOffset: 2n },
    { values: ['2'], gap: [3n, 3n], nextOffset: 4n },
    { values: ['3', '4'], gap: undefined, nextOffset: 7n },
  ]);
});

test('ends with what is no gap', () => {
  expect(() => cut(withError(3n, new Error('the disk is broken')))).toThrow('the disk is broken');
});
