import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OutgoingRecord } from '../record.ts';
import { portionsOf } from './batches.ts';

const record = fc.record({
  topic: fc.constantFrom('a', 'b', 'c'),
  key: fc.constantFrom('1', '2', '3'),
  value: fc.integer({ min: 0, max: 300_000 }).map((size) => Buffer.alloc(size)),
  headers: fc.constant({}),
});

test('keeps every record, and their order', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      expect([...portionsOf(records)].flat()).toEqual(records);
    }),
  );
});

test('makes no batch that a topic would refuse, unless a single record is too large', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records: OutgoingRecord[]) => {
      for (const portion of portionsOf(records)) {
        const bytes = portion.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
        expect(portion.length === 1 || bytes <= 900 * 1024).toBe(true);
      }
    }),
  );
});
