import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { partitionOf } from './partitionOf.ts';

const theirs = Partitioners.DefaultPartitioner();

test('is the one that kafkajs chooses, and so Java', () => {
  const key = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(key, fc.integer({ min: 1, max: 500 }), (bytes, partitions) => {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] },
      }));
      const message = { key: bytes, value: null };
      expect(partitionOf(bytes, partitions)).toBe(theirs({ topic: 't', partitionMetadata, message }));
    }),
  );
});

test('is that of its bytes, for a key that is text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(partitionOf(text, 2 ** 31)).toBe(partitionOf(Buffer.from(text), 2 ** 31));
    }),
  );
});

test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['abc', 479470107],
])("has the hash of Kafka's own test for %s", (key, hash) => {
  expect(partitionOf(key, 2 ** 31)).toBe(hash & 0x7fffffff);
});

test('takes a key of megabytes in its stride', () => {
  // By the square it would be hours: then this ends by its bound.
  expect(partitionOf(Buffer.alloc(16 << 20, 'k'), 6)).toBeLessThan(6);
});
