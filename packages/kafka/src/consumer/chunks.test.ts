import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import { chunksOf } from './chunks.ts';

const batchOf = (wanted: boolean[]) => ({
  topic: 't',
  partition: 1,
  lastOffset: () => String(wanted.length - 1),
  messages: wanted.map(
    (yes, offset) =>
      ({
        key: null,
        value: Buffer.from(yes ? 'yes' : 'no'),
        offset: String(offset),
        timestamp: '0',
      }) as KafkaMessage,
  ),
});
const wants = (record: { value: Buffer | null }) => record.value?.toString() === 'yes';

test('hands on every wanted record once, in order, and never more than the bound', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 50 }), fc.integer({ min: 1, max: 10 }), (flags, max) => {
      const chunks = [...chunksOf(batchOf(flags), wants, max)];
      const expected = flags.flatMap((yes, offset) => (yes ? [BigInt(offset)] : []));
      expect(chunks.flatMap((chunk) => chunk.records.map((r) => r.offset))).toEqual(expected);
      for (const chunk of chunks) expect(chunk.records.length).toBeLessThanOrEqual(max);
    }),
  );
});

test('covers every offset, also of records that nobody wants, and none before its time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 10 }),
      (flags, max) => {
        const chunks = [...chunksOf(batchOf(flags), wants, max)];
        expect(chunks.at(-1)?.lastOffset).toBe(BigInt(flags.length - 1));
        chunks.forEach((chunk, i) => {
          const next = chunks[i + 1]?.records[0]?.offset ?? BigInt(flags.length);
          expect(chunk.lastOffset).toBeLessThan(next);
          for (const record of chunk.records) expect(record.offset).toBeLessThanOrEqual(chunk.lastOffset);
        });
      },
    ),
  );
});

test('covers the markers of a transaction behind the last record', () => {
  const chunks = [...chunksOf({ ...batchOf([true]), lastOffset: () => '3' }, wants, 10)];
  expect(chunks.map(({ lastOffset }) => lastOffset)).toEqual([3n]);
});
