import { expect, test } from '@jest/globals';
import type { PartitionMetadata } from 'kafkajs';
import { createPartitioning } from './partitioning.ts';

const partitionMetadata = Array.from({ length: 6 }, (_, partitionId) => ({
  partitionId,
  leader: 1,
})) as PartitionMetadata[];

function choose() {
  const partitioning = createPartitioning();
  const partitionOf = partitioning.createPartitioner();
  return {
    ...partitioning,
    of: (message: { key: string | null; value: Buffer | null }) =>
      partitionOf({ topic: 't', partitionMetadata, message }),
  };
}

test('leaves a record where it is when kafkajs asks again, also without a key', () => {
  const { of } = choose();
  const messages = Array.from({ length: 20 }, (_, i) => ({ key: i % 2 ? `k${i}` : null, value: null }));
  const first = messages.map(of);
  expect(messages.map(of)).toEqual(first);
  expect(new Set(first).size).toBeGreaterThan(1);
});

test('tells where records are, and how many, by what was acknowledged', () => {
  const { of, begin, settle, partitionOf } = choose();
  const message = { key: 'k', value: null };
  of({ key: 'before', value: null });
  begin();
  expect(partitionOf(message)).toBeUndefined();
  const partition = of(message);
  expect(partitionOf(message)).toBe(partition);
  expect(settle([])).toEqual([]);
  const placement = { topic: 't', partition, from: 7n, count: 1 };
  expect(settle([{ topicName: 't', partition, baseOffset: '7' }])).toEqual([placement]);
});
