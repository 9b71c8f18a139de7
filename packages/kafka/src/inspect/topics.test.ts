import { expect, it } from '@jest/globals';
import { partitionKey, rangesOf } from './topics.ts';

it('leaves out a partition of which not all is known, instead of taking it for empty', () => {
  const at = (partition: number, offset: bigint) => ({ topic: 'orders', partition, offset });
  const earliest = [at(0, 5n), at(1, 0n), at(2, 0n)];
  expect(rangesOf(earliest, [at(0, 9n), at(2, 4n)], [at(0, 8n), at(1, 3n)])).toEqual(
    new Map([[partitionKey('orders', 0), { earliest: 5n, latest: 9n, readable: 8n }]]),
  );
});
