import { expect, it } from '@jest/globals';
import type { Cluster } from './cluster.ts';
import { listOffsets } from './offsets.ts';

it('names one partition, and how many more, when none has a leader', async () => {
  const cluster = {
    refresh: async () => {},
    partitionsOf: () => [0, 1, 2],
    leaderOf: () => undefined,
  } as unknown as Cluster;
  const listed = listOffsets(cluster, { topics: ['orders', 'stock'] }, 'latest');
  await expect(listed).rejects.toThrow(
    'Kafka could not be reached to list the offsets of orders/0 and 5 more partitions: no leader.',
  );
});
