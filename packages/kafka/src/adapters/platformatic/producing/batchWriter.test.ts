import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readBatch, spanOf } from '../../../reader/recordBatch.ts';
import { createRecords } from '../../../reader/records.ts';
import { type OutgoingRecord, type RawHeader, rawPartsOf } from '../../../record.ts';
import { batchOf as plainBatchOf } from '../../../testing/batches.ts';
import { BatchWriter, recordsOf, seal } from './batchWriter.ts';
import { codecs } from './compression.ts';

const NOW = 1_700_000_000_000;
const writer = new BatchWriter();
const producer = { id: 4_711n, epoch: 3, sequence: 8, transactional: false };

async function batchOf(
  records: readonly OutgoingRecord[],
  compression?: keyof typeof codecs,
  transactional = false,
): Promise<Buffer> {
  const written = writer.write(records, NOW);
  if (compression === undefined) return seal(written, { ...producer, transactional });
  const { id: codec, pack } = codecs[compression];
  return seal(written, { ...producer, transactional }, { codec, packed: await pack(recordsOf(written)) });
}

/** Key, value, headers and time of each record, as our reader finds them. */
function readBack(bytes: Buffer) {
  const records = createRecords({
    ...{ topic: 't', partition: 0, from: 0n, until: undefined, nextOffset: 0n, endOffset: 0n, aborted: [] },
    bytes: bytes.subarray(0, spanOf(bytes, 't/0').end),
  });
  const found = [];
  while (records.next()) {
    const received = records.received();
    const { key, headers, timestamp } = rawPartsOf(received);
    const { offset, value } = received;
    found.push({ offset, key, value, timestamp, headers: headers.map(bytesOfHeader) });
  }
  return found;
}

const bytesOfHeader = ([name, value]: RawHeader) => [
  Buffer.from(name as string).toString('hex'),
  value === null ? null : Buffer.from(value as string).toString('hex'),
];

/** The same of what was written, by the words of OutgoingRecord. */
function expected(records: readonly OutgoingRecord[]) {
  return records.map(({ key, value, headers, rawHeaders = [], timestamp }, i) => ({
    offset: BigInt(i),
    key: key === null ? null : Buffer.from(key as string),
    value,
    timestamp: BigInt(timestamp?.getTime() ?? NOW),
    headers: [
      ...rawHeaders,
      ...Object.entries(headers).flatMap(([name, values]) =>
        [values].flat().map((each): RawHeader => [name, each]),
      ),
    ].map(bytesOfHeader),
  }));
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
// Short and long, of one to four bytes a character, and halves of a pair of surrogates.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 100 }),
  fc.constant('\ud800'),
);
const field = fc.oneof(bytes, text);
const rawHeader = fc.tuple(field, fc.option(field)) as fc.Arbitrary<RawHeader>;
const recordAt = (timestamp: fc.Arbitrary<Date>) =>
  fc.record(
    {
      topic: fc.constant('t'),
      key: fc.option(field),
      value: fc.option(bytes),
      headers: fc.dictionary(text, fc.oneof(field, fc.array(field, { maxLength: 3 })), { maxKeys: 4 }),
      rawHeaders: fc.array(rawHeader, { maxLength: 4 }),
      timestamp,
    },
    { requiredKeys: ['topic', 'key', 'value', 'headers'] },
  ) as fc.Arbitrary<OutgoingRecord>;
const compression = fc.constantFrom('gzip' as const, 'snappy' as const, 'lz4' as const, 'zstd' as const);

test('writes what is read again, whatever its keys, values and headers are', async () => {
  const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(2 * NOW) });
  const records = fc.array(recordAt(time), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(records, compression, async (records, compression) => {
      expect(readBack(await batchOf(records))).toEqual(expected(records));
      expect(readBack(await batchOf(records, compression))).toEqual(expected(records));
    }),
  );
});

test('writes the same bytes as the plainest writer there can be, also for the longest times between two records', async () => {
  const [first, last] = [new Date(-8.64e15), new Date(8.64e15)];
  const time = fc.oneof(
    fc.date({ noInvalidDate: true, min: first, max: last }),
    fc.constantFrom(first, last, new Date(0), new Date(-1)),
  );
  const records = fc.array(recordAt(time), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(records, async (records) => {
      const plain = plainBatchOf({
        baseOffset: 0n,
        records: expected(records).map(({ headers, ...record }) => ({
          ...record,
          headers: headers.map(([name, value]) => [
            Buffer.from(name ?? '', 'hex'),
            typeof value === 'string' ? Buffer.from(value, 'hex') : null,
          ]),
        })),
      });
      const [batch, from] = [await batchOf(records), 61]; // behind the head
      expect(batch.toString('hex', from)).toBe(plain.toString('hex', from));
    }),
  );
});

test('says in its head whose it is, which numbers it takes, and when its last record was', async () => {
  const times = [50, 70, 60].map((ms) => new Date(ms));
  const records = times.map((timestamp) => ({ topic: 't', key: null, value: null, headers: {}, timestamp }));
  const batch = await batchOf(records, undefined, true);
  expect(readBatch(batch, 0, 't/0')).toMatchObject({
    ...{ baseOffset: 0n, lastOffset: 2n, recordCount: 3, codec: 0, transactional: true, control: false },
    ...{ producerId: 4_711n, baseTimestamp: 50n, end: batch.length },
  });
  // Last timestamp, epoch and first sequence: see https://kafka.apache.org/documentation/#recordbatch
  expect([batch.readBigInt64BE(35), batch.readInt16BE(51), batch.readInt32BE(53)]).toEqual([70n, 3, 8]);
});

test('sends what bears an invalid time with the time of sending', async () => {
  const timestamp = new Date(Number.NaN);
  const batch = await batchOf([{ topic: 't', key: null, value: null, headers: {}, timestamp }]);
  expect(readBack(batch)[0]?.timestamp).toBe(BigInt(NOW));
});

test('takes records that are much larger than those before them', async () => {
  const value = Buffer.alloc(5 * 1024 * 1024, 'x');
  const records = ['small', 'large', 'small'].map((size, i) => ({
    ...{ topic: 't', key: size.repeat(i * 2_000), headers: { size: 'ü'.repeat(i * 5_000) } },
    value: size === 'large' ? value : null,
  }));
  const [first, second, third] = readBack(await batchOf(records));
  expect(second?.value?.equals(value)).toBe(true);
  expect([first, { ...second, value }, third]).toEqual(expected(records));
});
