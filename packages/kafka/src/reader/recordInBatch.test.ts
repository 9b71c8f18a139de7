import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headerOf, keyIdOf, type RawParts, type ReceivedRecord, rawPartsOf, toReceived } from '../record.ts';
import { batchOf } from '../testing/batches.ts';
import { valueIn } from './recordInBatch.ts';
import { createRecords } from './records.ts';

const NAMES = ['ce_id', 'ce_type', '__proto__', 'né', ''];

const bytes = fc.oneof(
  fc.constantFrom(...['', 'a', 'brew', 'é', '\uFFFD'].map((text) => Buffer.from(text))),
  fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some)),
  fc.constant(Buffer.alloc(2_000, 'x')),
);
const headers = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(...NAMES),
      fc.uint8Array({ maxLength: 3 }).map((name) => Buffer.from(name)),
    ),
    fc.option(bytes),
  ),
  { maxLength: 6 },
);
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers,
  timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});

const hexOf = (part: string | Buffer | null) => (Buffer.isBuffer(part) ? part.toString('hex') : part);

/** As jest compares it at once, instead of byte by byte. */
const quick = ({ key, headers, timestamp }: RawParts) => ({
  ...{ key: hexOf(key), timestamp },
  headers: headers.map(([name, value]) => [typeof name, hexOf(name), hexOf(value)]),
});

function foundValue(of: ReceivedRecord): string | null {
  const { bytes, valueStart, valueEnd } = valueIn(of);
  return valueEnd < valueStart ? null : bytes.toString('hex', valueStart, valueEnd);
}

/** All that can be asked of it, in an order that leaves nothing to what was asked before. */
const partsOf = (of: ReceivedRecord) => ({
  byName: NAMES.map((name) => headerOf(of, name)),
  headers: Object.entries(of.headers),
  raw: quick(rawPartsOf(of)),
  found: foundValue(of),
  keyId: keyIdOf(of),
  ...{ key: of.key, value: hexOf(of.value), offset: of.offset, time: of.timestamp.getTime() },
});

test('makes of the bytes of a batch what the record was made of', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (written) => {
      const batch = batchOf({ baseOffset: 7n, records: written });
      const range = { topic: 't', partition: 3, from: 7n, nextOffset: 7n, endOffset: 7n, aborted: [] };
      const records = createRecords({ ...range, bytes: batch });
      const read = [];
      while (records.next()) read.push(records.received());
      // Asked only now: the cursor has moved on.
      expect(read.map(partsOf)).toEqual(
        written.map((of, i) => {
          const named = of.headers.map(([name, value]) => {
            const text = String(name);
            return [Buffer.from(text).equals(Buffer.from(name)) ? text : name, value] as const;
          });
          return partsOf(toReceived('t', 3, { ...of, headers: named, offset: 7n + BigInt(i) }));
        }),
      );
    }),
  );
});
