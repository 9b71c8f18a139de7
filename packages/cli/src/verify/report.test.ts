import { expect, it } from '@jest/globals';
import { createLedger } from './ledger.ts';
import type { UnreadableRecord } from './reading.ts';
import { reportOf } from './report.ts';

const at = (partition: number, problem: string): UnreadableRecord => ({
  ...{ topic: 'brew.orders.v1', partition, offset: 3, lastOffset: 9, key: null, problem },
});

it('tells in words once what keeps back many partitions, and as JSON of each', () => {
  const poison = { topic: 'brew.stock.v1', partition: 0, offset: 1, key: 'k', problem: 'No leader.' };
  const unreadable = [
    ...[0, 1, 2].map((each) => at(each, 'No leader.')),
    at(3, 'Locked.'),
    poison,
    { ...poison },
  ];
  const reading = { read: 0, unreadable, unreadableCount: 6, hasRead: () => true };
  const { breaches, inWords, summary } = reportOf(createLedger(), reading, Date.now(), 0);
  expect([...inWords].flatMap(({ sentences }) => sentences)).toEqual([
    'brew.orders.v1, partition 0, offsets 3 to 9, and 2 more partitions: No leader.',
    'brew.orders.v1, partition 3, offsets 3 to 9: Locked.',
    'brew.stock.v1, partition 0, offset 1, key k: No leader.',
    'brew.stock.v1, partition 0, offset 1, key k: No leader.',
  ]);
  expect([...breaches]).toHaveLength(6);
  expect(summary.invariants.find(({ name }) => name === 'readable')?.breaches).toBe(6);
});
