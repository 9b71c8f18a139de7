import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CorruptBatchError, UnreadableBatchError } from '../errors.ts';
import { rawPartsOf } from '../record.ts';
import { batchOf, sealed, type TestBatch, type TestRecord } from '../testing/batches.ts';
import { createLookup } from './lookup.ts';
import { readBatch, spanOf } from './recordBatch.ts';
import { createRecords, type Records, type RecordsOptions } from './records.ts';

const cursor = (bytes: Buffer, options: Partial<RecordsOptions> = {}): Records =>
  createRecords({
    topic: 't',
    partition: 3,
    bytes: bytes.subarray(0, spanOf(bytes, 't/3').end),
    from: 0n,
    until: undefined,
    nextOffset: 0n,
    endOffset: 0n,
    aborted: [],
    ...options,
  });

const record = (value: string, more: Partial<TestRecord> = {}): TestRecord => ({
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: [],
  timestamp: 1_700_000_000_000,
  ...more,
});

function valuesOf(records: Records): string[] {
  const values: string[] = [];
  while (records.next()) values.push(String(records.value()));
  return values;
}

const bytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const bytesOrNull: fc.Arbitrary<Buffer | null> = fc.option(bytes);
const arbitraryRecord: fc.Arbitrary<TestRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.string({ maxLength: 12 }), bytesOrNull), { maxLength: 5 }),
  // The varints of differences of up to fifty years, forwards and backwards, are longer than 32 bits.
  timestamp: fc.integer({ min: 0, max: 3_200_000_000_000 }),
});
const arbitraryLog: fc.Arbitrary<TestBatch[]> = fc
  .array(
    fc.record({
      gap: fc.bigInt({ min: 0n, max: 5n }),
      records: fc.array(arbitraryRecord, { minLength: 1, maxLength: 8 }),
      compression: fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd'),
      forms: fc.record({
        nullLength: fc.integer({ min: -(2 ** 31), max: -1 }),
        overlong: fc.boolean(),
        offsetDeltas: fc.array(fc.integer(), { maxLength: 8 }),
      }),
    }),
    { maxLength: 5 },
  )
  .chain((batches) =>
    fc.bigInt({ min: 0n, max: 2n ** 60n }).map((start) => {
      let baseOffset = start;
      return batches.map(({ gap, ...batch }) => {
        baseOffset += gap;
        const placed = { ...batch, baseOffset };
        baseOffset += BigInt(batch.records.length);
        return placed;
      });
    }),
  );

const flat = (log: TestBatch[]) =>
  log.flatMap(({ baseOffset, records }) =>
    records.map((record, i) => ({ ...record, offset: baseOffset + BigInt(i) })),
  );

test('finds each record as it was written, whatever the codec, up to where the bytes are cut off', () => {
  fc.assert(
    fc.property(arbitraryLog, fc.nat(), (log, cut) => {
      const whole = log.map(batchOf);
      const all = Buffer.concat(whole);
      const cutOff = all.subarray(0, cut % (all.length + 1));
      let complete = 0;
      for (let end = 0; complete < whole.length; complete++) {
        end += whole[complete]?.length ?? 0;
        if (end > cutOff.length) break;
      }
      const records = cursor(cutOff);
      for (const expected of flat(log.slice(0, complete))) {
        expect(records.next()).toBe(true);
        expect(records.offset).toBe(expected.offset);
        expect(records.timestamp).toBe(expected.timestamp);
        expect(records.key()).toEqual(expected.key);
        expect(records.keyText()).toBe(expected.key?.toString() ?? null);
        expect(records.value()).toEqual(expected.value);
        for (const [name] of expected.headers) {
          const last = expected.headers.findLast(([other]) => other === name);
          expect(records.header(String(name))).toEqual(last?.[1]);
        }
        expect(records.header('of no record here')).toBeUndefined();
      }
      expect(records.next()).toBe(false);
      expect(spanOf(cutOff, 't/3').nextOffset).toBe(
        complete === 0 ? undefined : (flat(log.slice(0, complete)).at(-1)?.offset ?? 0n) + 1n,
      );
    }),
  );
});

test('hands on what lies in the range that was asked for, although batches begin before and end behind it', () => {
  fc.assert(
    fc.property(arbitraryLog, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (log, skip, length) => {
      const all = flat(log);
      const from = (all[0]?.offset ?? 0n) + BigInt(skip);
      const until = from + BigInt(length);
      const records = cursor(Buffer.concat(log.map(batchOf)), { from, until });
      const offsets: bigint[] = [];
      while (records.next()) offsets.push(records.offset);
      expect(offsets).toEqual(
        all.map(({ offset }) => offset).filter((offset) => offset >= from && offset < until),
      );
    }),
  );
});

test('leaves out aborted transactions and the ends of all', () => {
  const abort = (baseOffset: bigint, producerId: bigint) =>
    batchOf({ baseOffset, producerId, control: true, records: [record('end')] });
  const log = [
    batchOf({ baseOffset: 0n, producerId: 1n, records: [record('aborted'), record('too')] }),
    batchOf({ baseOffset: 2n, producerId: 2n, records: [record('committed')] }),
    batchOf({ baseOffset: 3n, records: [record('plain')] }),
    abort(4n, 1n),
    batchOf({ baseOffset: 5n, producerId: 1n, records: [record('the same producer, later')] }),
    abort(6n, 2n),
    batchOf({ baseOffset: 7n, producerId: 1n, records: [record('its next transaction')] }),
    abort(8n, 1n),
    batchOf({ baseOffset: 9n, producerId: 1n, records: [record('aborted again')] }),
    abort(10n, 1n),
  ];
  const aborted = [
    { producerId: 1n, firstOffset: 9n },
    { producerId: 1n, firstOffset: 0n },
  ];
  // Brokers tell of them in any order.
  for (const told of [aborted, aborted.toReversed()]) {
    expect(valuesOf(cursor(Buffer.concat(log), { aborted: told }))).toEqual([
      'committed',
      'plain',
      'the same producer, later',
      'its next transaction',
    ]);
  }
});

test("takes the broker's clock where the topic says so", () => {
  const records = cursor(
    batchOf({
      baseOffset: 0n,
      logAppendTime: true,
      records: [record('a', { timestamp: 1 }), record('b', { timestamp: 9 })],
    }),
  );
  records.next();
  expect(records.timestamp).toBe(9);
});

test('finds what belongs to the value of a header', () => {
  const types = createLookup([
    ['brew.orders.v1.OrderPlaced', 1],
    ['brew.orders.v1.OrderPlates', 2],
    ['brew.kitchen.v1.OrderReady', 3],
  ]);
  const typed = (type: string) => record('', { headers: [['ce_type', Buffer.from(type)]] });
  const records = cursor(
    batchOf({
      baseOffset: 0n,
      records: [
        typed('brew.kitchen.v1.OrderReady'),
        typed('brew.orders.v1.OrderPlates'),
        typed('other'),
        record(''),
      ],
    }),
  );
  const found: unknown[] = [];
  while (records.next()) found.push(records.headerIn('ce_type', types));
  expect(found).toEqual([3, 2, undefined, undefined]);
});

test('makes the record that consumers know', () => {
  const records = cursor(
    batchOf({
      baseOffset: 7n,
      records: [
        record('v', {
          headers: [
            ['h', Buffer.from('1')],
            ['h', Buffer.from('2')],
            ['__proto__', Buffer.from('3')],
            ['note', null],
          ],
        }),
      ],
    }),
  );
  records.next();
  const received = records.received();
  expect(received).toMatchObject({
    topic: 't',
    partition: 3,
    offset: 7n,
    key: 'k',
    value: Buffer.from('v'),
    timestamp: new Date(1_700_000_000_000),
  });
  expect(Object.entries(received.headers)).toEqual([
    ['h', '2'],
    ['__proto__', '3'],
  ]);
  expect(rawPartsOf(received)).toEqual({
    key: Buffer.from('k'),
    headers: [
      ['h', Buffer.from('1')],
      ['h', Buffer.from('2')],
      ['__proto__', Buffer.from('3')],
      ['note', null],
    ],
    timestamp: 1_700_000_000_000n,
  });
});

test('tells of a record that says another offset than compaction can have left', () => {
  const left = [record('a'), record('b'), record('c')];
  const compacted = (...offsetDeltas: number[]) => {
    const batch = batchOf({ baseOffset: 10n, records: left, forms: { offsetDeltas } });
    batch.writeInt32BE(7, 23); // the last offset of eight
    return sealed(batch);
  };
  const good = cursor(compacted(0, 4, 7));
  const offsets: bigint[] = [];
  while (good.next()) offsets.push(good.offset);
  expect(offsets).toEqual([10n, 14n, 17n]);
  for (const bad of [compacted(0, 0, 7), compacted(0, 4, 3), compacted(0, 4, 8), compacted(0, -1, 7)]) {
    const told: UnreadableBatchError[] = [];
    const read = valuesOf(cursor(bad, { onUnreadable: (error) => void told.push(error) }));
    expect(read[0]).toBe('a');
    expect(told).toEqual([
      expect.objectContaining({ until: 18n, from: 10n + BigInt(read.length === 1 ? 1 : 5) }),
    ]);
  }
});

test('refuses a batch of which one bit is another one', () => {
  const good = batchOf({ baseOffset: 0n, records: [record('value')] });
  fc.assert(
    fc.property(fc.integer({ min: 17, max: good.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ (1 << bit);
      expect(() => valuesOf(cursor(bad))).toThrow(CorruptBatchError);
    }),
  );
});

test('never reads beyond a batch and always ends, whatever its records say of themselves', () => {
  const good = batchOf({
    baseOffset: 0n,
    records: [record('value', { headers: [['h', Buffer.from('1')]] }), record('w')],
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 57, max: good.length - 1 }), fc.nat({ max: 255 }))),
      (changes) => {
        const bad = Buffer.from(good);
        for (const [at, byte] of changes) bad[at] = byte;
        const records = cursor(sealed(bad));
        try {
          while (records.next()) {
            records.header('h');
            records.received();
            expect(records.keyEnd).toBeLessThanOrEqual(bad.length);
            expect(records.valueEnd).toBeLessThanOrEqual(bad.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableBatchError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

/** In a format of before Kafka 0.11, as far as it is looked at: its length, its magic and the offset of its last record. */
function oldBatch(lastOffset: bigint): Buffer {
  const old = Buffer.alloc(60);
  old.writeBigInt64BE(lastOffset);
  old.writeInt32BE(old.length - 12, 8);
  old[16] = 1;
  return old;
}

function batchWith(change: (batch: Buffer) => void): Buffer {
  const batch = batchOf({ baseOffset: 1n, records: [record('lost'), record('lost, too')] });
  change(batch);
  return sealed(batch);
}

describe.each<[string, Buffer, RegExp, bigint]>([
  ['in an older format', oldBatch(2n), /magic 1/, 3n],
  [
    'with a codec that nobody knows',
    batchWith((batch) => batch.writeInt16BE(5, 21)),
    /codec 5 is unknown/,
    3n,
  ],
  ['that is not what its codec writes', batchWith((batch) => batch.writeInt16BE(2, 21)), /unpacked/, 3n],
  [
    'that unpacks to too much',
    batchOf({ baseOffset: 1n, compression: 'gzip', records: [record('x'.repeat(65 << 20)), record('')] }),
    /unpacked/,
    3n,
  ],
  [
    'with more records than it says',
    batchWith((batch) => batch.writeInt32BE(1, 57)),
    /end before it does/,
    3n,
  ],
  ['with lengths that are none', batchWith((batch) => batch.writeInt8(-2, 61)), /other lengths/, 3n],
])('a batch %s', (_, bad, why, until) => {
  const before = batchOf({ baseOffset: 0n, records: [record('before')] });
  const behind = batchOf({ baseOffset: 3n, records: [record('behind')] });
  const log = Buffer.concat([before, bad, behind]);

  test('ends the reading, with its place; whoever goes on gets what is behind it', () => {
    const records = cursor(log);
    const read: string[] = [];
    const problems: unknown[] = [];
    for (let more = true; more; ) {
      try {
        more = records.next();
        if (more) read.push(String(records.value()));
      } catch (error) {
        problems.push(error);
      }
    }
    expect(problems).toEqual([expect.any(UnreadableBatchError)]);
    expect(problems[0]).toMatchObject({
      topic: 't',
      partition: 3,
      until,
      message: expect.stringMatching(why),
    });
    expect(read.filter((value) => !value.startsWith('lost'))).toEqual(['before', 'behind']);
  });

  test('is told of once also to who walks the records again, wherever the cursor was', () => {
    const told: unknown[] = [];
    const records = cursor(log, { onUnreadable: (error) => void told.push(error) });
    records.next();
    const again = valuesOf(records.again());
    expect(again.filter((value) => !value.startsWith('lost'))).toEqual(['before', 'behind']);
    expect(told).toEqual([]);
    expect(['before', ...valuesOf(records)]).toEqual(again);
    expect(told).toHaveLength(1);
  });

  test('is stepped over where somebody is told of it, once', () => {
    const told: UnreadableBatchError[] = [];
    const read = valuesOf(cursor(log, { onUnreadable: (error) => void told.push(error) }));
    expect(read.filter((value) => !value.startsWith('lost'))).toEqual(['before', 'behind']);
    expect(told.map((error) => error.until)).toEqual([until]);
  });
});

test('looks over batches: how far they go, in whose term the last was written, and when the first record was', () => {
  const batches = [
    batchOf({ baseOffset: 5n, records: [record('a', { timestamp: 7 }), record('b', { timestamp: 9 })] }),
    batchOf({ baseOffset: 20n, records: [record('c', { timestamp: 3 })] }),
  ];
  for (const [index, batch] of batches.entries()) batch.writeInt32BE(4 + index, 12);
  const all = Buffer.concat(batches);
  const whole = { end: all.length, nextOffset: 21n, leaderEpoch: 5, firstTimestamp: 7 };
  expect(spanOf(all, 't/3')).toEqual(whole);
  const first = { end: batches[0]?.length, nextOffset: 7n, leaderEpoch: 4, firstTimestamp: 7 };
  expect(spanOf(all.subarray(0, -1), 't/3')).toEqual(first);
  const nothing = { end: 0, nextOffset: undefined, leaderEpoch: -1, firstTimestamp: -1 };
  expect(spanOf(all.subarray(0, 17), 't/3')).toEqual(nothing);
});

test('takes a batch of which compaction left the head, and none that says it is shorter', () => {
  const head = batchOf({ baseOffset: 5n, records: [record('gone')] }).subarray(0, 61);
  head.writeInt32BE(head.length - 12, 8);
  expect(spanOf(head, 't/3')).toMatchObject({ end: 61, nextOffset: 6n });
  for (const length of [head.length - 13, 0, -12, -100]) {
    head.writeInt32BE(length, 8);
    expect(() => spanOf(head, 't/3')).toThrow('shorter than its head');
  }
});

test('refuses to read a batch that is not all there', () => {
  const batch = batchOf({ baseOffset: 0n, records: [record('value')] });
  expect(() => readBatch(batch.subarray(0, -1), 0, 't/3')).toThrow('cut off');
});
test.each([-9_000_000_000_000_000n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 60n + 1n])(
  'keeps all 64 bits of the time %s, wherever in a batch it is',
  (timestamp) => {
    const odd = { ...record('odd'), timestamp };
    const records = cursor(batchOf({ baseOffset: 0n, records: [odd, record('even'), odd] }));
    const times: bigint[] = [];
    while (records.next()) times.push(rawPartsOf(records.received()).timestamp);
    expect(times).toEqual([timestamp, BigInt(record('even').timestamp), timestamp]);
  },
);
