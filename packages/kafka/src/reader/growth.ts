import type { Cluster } from './cluster.ts';
import type { Reading, ReadRange } from './readings.ts';

/**
 * Begins to read the partitions that topics were given since, from their first record on. Where reading has an end, what comes later is
 * behind it.
 */
export function addNewPartitions(
  cluster: Cluster,
  readings: readonly Reading[],
  add: (range: ReadRange) => void,
): void {
  const open = readings.filter(({ until }) => until === undefined);
  for (const topic of new Set(open.map((reading) => reading.topic))) {
    const known = new Set(
      readings.filter((reading) => reading.topic === topic).map(({ partition }) => partition),
    );
    for (const partition of cluster.partitionsOf(topic)) {
      if (!known.has(partition)) add({ topic, partition, from: 0n });
    }
  }
}
