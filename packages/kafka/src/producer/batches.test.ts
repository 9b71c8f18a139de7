import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OutgoingRecord } from '../record.ts';
import { batchesOf } from './batches.ts';

const record = fc.record({
  topic: fc.constantFrom('a', 'b', 'c'),
  key: fc.constantFrom('1', '2', '3'),
  value: fc.integer({ min: 0, max: 300_000 }).map((size) => Buffer.alloc(size)),
  headers: fc.constant({}),
});

test('keeps every record, and the order of each topic', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const sent = [...batchesOf(records)].flat();
      for (const topic of ['a', 'b', 'c']) {
        const before = records.filter((r) => r.topic === topic).map((r) => r.value);
        const after = sent.filter((t) => t.topic === topic).flatMap((t) => t.messages.map((m) => m.value));
        expect(after).toEqual(before);
      }
    }),
  );
});

test('makes no batch that a topic would refuse, unless a single record is too large', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records: OutgoingRecord[]) => {
      for (const batch of batchesOf(records)) {
        const messages = batch.flatMap((topic) => topic.messages);
        const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
        expect(messages.length === 1 || bytes <= 512 * 1024).toBe(true);
      }
    }),
  );
});

test('names a topic once in a batch', () => {
  const records = ['a', 'b', 'a'].map((topic) => ({ topic, key: 'k', value: null, headers: {} }));
  const [batch] = [...batchesOf(records)];
  expect(batch?.map(({ topic, messages }) => [topic, messages.length])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});
