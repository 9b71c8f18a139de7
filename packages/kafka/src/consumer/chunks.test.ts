import { expect, test } from '@jest/globals';
import { spanOf } from '../reader/recordBatch.ts';
import type { ReceivedRecord } from '../record.ts';
import { batchOf, sealed, type TestBatch, type TestRecord } from '../testing/batches.ts';
import { chunksOf } from './chunks.ts';
import { type Account, createRoom, ROOM, SHARE } from './room.ts';

const record = (value: string): TestRecord => ({
  key: null,
  value: Buffer.from(value),
  headers: [],
  timestamp: 0,
});
const values = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => record(String(from + i)));

const chunks = (
  batches: readonly (TestBatch | Buffer)[],
  {
    wants,
    max = 4,
    from = 0n,
    account,
  }: { wants?: (record: ReceivedRecord) => boolean; max?: number; from?: bigint; account?: Account } = {},
) => {
  const bytes = Buffer.concat(batches.map((batch) => (Buffer.isBuffer(batch) ? batch : batchOf(batch))));
  const aborted = [{ producerId: 7n, firstOffset: 0n }];
  const { end, nextOffset = from, firstTimestamp: timestamp } = spanOf(bytes, 't/1');
  const behind = { nextOffset, endOffset: nextOffset, timestamp };
  const fetched = { topic: 't', partition: 1, from, bytes: bytes.subarray(0, end), aborted, ...behind };
  return [...chunksOf(fetched, wants, max, account)];
};
const textsOf = ({ records }: { records: ReceivedRecord[] }) => records.map(({ value }) => String(value));

test('cuts a batch into chunks, and says how far each of them gets', () => {
  const all = chunks([{ baseOffset: 0n, records: values(0, 10) }]);
  expect(all.map(textsOf)).toEqual([
    ['0', '1', '2', '3'],
    ['4', '5', '6', '7'],
    ['8', '9'],
  ]);
  expect(all.map(({ nextOffset }) => nextOffset)).toEqual([4n, 8n, 10n]);
});

test('leaves out what nobody wants, and what was done before', () => {
  const wants = ({ value }: ReceivedRecord) => Number(value) % 2 === 0;
  const all = chunks([{ baseOffset: 0n, records: values(0, 10) }], { wants, from: 3n });
  expect(all.map(textsOf)).toEqual([['4', '6', '8']]);
  expect(all.at(-1)?.nextOffset).toBe(10n);
});

test('steps over what was aborted, and over the ends of transactions', () => {
  const all = chunks([
    { baseOffset: 0n, records: values(0, 2), producerId: 7n },
    { baseOffset: 2n, records: values(2, 1) },
    { baseOffset: 3n, records: [record('end')], producerId: 7n, control: true },
  ]);
  expect(all.map(textsOf)).toEqual([['2']]);
  expect(all.map(({ nextOffset }) => nextOffset)).toEqual([4n]);
});

test('cuts where its records would keep more than eight MiB of unpacked batches in memory', () => {
  // A few bytes that somebody wants, out of six MiB that nobody does.
  const batch = (baseOffset: bigint): TestBatch => ({
    baseOffset,
    records: [record(String(baseOffset)), record('0'.repeat(6 << 20))],
    compression: 'zstd',
  });
  const wants = ({ value }: ReceivedRecord) => value !== null && value.length < 10;
  const all = chunks([batch(0n), batch(2n), batch(4n)], { wants });
  expect(all.map(textsOf)).toEqual([['0'], ['2'], ['4']]);
  expect(all.map(({ nextOffset }) => nextOffset)).toEqual([2n, 4n, 6n]);
});

test('tells of a large batch before it unpacks it, and holds nothing by then', () => {
  const large = (baseOffset: bigint): TestBatch => ({
    baseOffset,
    records: [...values(Number(baseOffset), 4), record('0'.repeat(SHARE))],
    compression: 'zstd',
  });
  const held: number[] = [];
  const account: Account = { ...createRoom().account(), hold: (bytes) => held.push(bytes) > 0 };
  const wants = ({ value }: ReceivedRecord) => value !== null && value.length < SHARE;
  const all = chunks([{ baseOffset: 0n, records: values(0, 2) }, large(2n), large(7n)], {
    wants,
    max: 3,
    account,
  });
  expect(all.map((chunk) => chunk.isBeforeLarge ?? textsOf(chunk))).toEqual([
    ['0', '1'],
    true,
    ['2', '3', '4'],
    ['5'],
    true,
    ['7', '8', '9'],
    ['10'],
    [],
  ]);
  expect(all.map(({ nextOffset }) => nextOffset)).toEqual([2n, 2n, 5n, 7n, 7n, 10n, 12n, 12n]);
  // Before and behind each of them, and not between its chunks.
  expect(held).toEqual([0, 0, 0, 0]);
});

test('takes together what is small only as long as there is room', () => {
  const batch = (baseOffset: bigint): TestBatch => ({
    baseOffset,
    records: [record('0'.repeat(0.7 * SHARE))],
    compression: 'zstd',
  });
  const room = createRoom();
  const cut = () => {
    const account = room.account();
    const all = chunks([batch(0n), batch(1n), batch(2n)], { account });
    account.hold(0);
    return all.map(({ nextOffset }) => nextOffset);
  };
  const other = room.account();
  expect(cut()).toEqual([3n]);
  expect(other.hold(SHARE + ROOM)).toBe(true);
  expect(cut()).toEqual([1n, 2n, 3n]);
});

test('begins nothing with a batch that is cut off', () => {
  expect(chunks([batchOf({ baseOffset: 0n, records: values(0, 3) }).subarray(0, 70)])).toEqual([]);
});

test("takes what `wants` throws for the record's own failure", () => {
  const wants = ({ value }: ReceivedRecord) => {
    if (String(value) === '1') throw new Error('what is that?');
    return true;
  };
  const [chunk] = chunks([{ baseOffset: 0n, records: values(0, 3) }], { wants });
  expect([...(chunk?.unfit ?? [])]).toEqual([[chunk?.records[1], new Error('what is that?')]]);
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'loses nothing but a batch of %s that can not be unpacked',
  (compression) => {
    const packed = batchOf({ baseOffset: 2n, records: values(2, 5), compression });
    const broken = Buffer.from(packed);
    broken.fill(0xff, 61);
    const all = chunks([
      { baseOffset: 0n, records: values(0, 2) },
      sealed(broken),
      { baseOffset: 7n, records: values(7, 2) },
    ]);
    expect(all.map(textsOf)).toEqual([
      ['0', '1'],
      ['7', '8'],
    ]);
    expect(all[0]?.gap).toMatchObject({
      topic: 't',
      partition: 1,
      firstOffset: 2n,
      lastOffset: 6n,
      why: 'unreadable',
    });
    expect(all[0]?.gap?.error).toMatchObject({ code: 'BREW_BATCH_UNREADABLE' });
    expect(all.map(({ nextOffset }) => nextOffset)).toEqual([7n, 9n]);
    // The same where large batches are told of: it may be one.
    expect(
      chunks([sealed(broken)], { from: 2n, account: createRoom().account() }).map(
        ({ isBeforeLarge, gap }) => isBeforeLarge ?? gap?.firstOffset,
      ),
    ).toEqual([true, 2n]);
    // The same, as it was packed.
    expect(chunks([packed], { max: 9, from: 2n }).map(textsOf)).toEqual([['2', '3', '4', '5', '6']]);
  },
);

test('loses nothing but the rest of a batch that breaks off', () => {
  const broken = batchOf({ baseOffset: 0n, records: values(0, 3) });
  broken[broken.length - 8] = 99; // the length of the last record
  const all = chunks([sealed(broken), { baseOffset: 3n, records: values(3, 1) }]);
  expect(all.map(textsOf)).toEqual([['0', '1'], ['3']]);
  expect(all[0]?.gap).toMatchObject({ firstOffset: 2n, lastOffset: 2n });
});

test('makes no object of a record with more headers than anybody needs, and goes on behind it', () => {
  const headers = (count: number) => Array.from({ length: count }, () => ['', null] as const);
  const records = [record('0'), { ...record('1'), headers: headers(1_001) }, record('2')];
  const many = { ...record('3'), headers: headers(1_000) };
  const all = chunks([{ baseOffset: 0n, records: [...records, many], compression: 'gzip' }]);
  expect(all.map(textsOf)).toEqual([['0'], ['2', '3']]);
  expect(all[0]?.gap).toMatchObject({ firstOffset: 1n, lastOffset: 1n, why: 'unreadable' });
});

test('cuts records with many headers into smaller chunks', () => {
  const headers = Array.from({ length: 1_000 }, () => ['', null] as const);
  const records = values(0, 50).map((each) => ({ ...each, headers }));
  const all = chunks([{ baseOffset: 0n, records, compression: 'gzip' }], { max: 500 });
  expect(all.map((chunk) => chunk.records.length)).toEqual([20, 20, 10]);
});
