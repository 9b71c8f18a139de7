import type { Cluster } from '../reader/cluster.ts';
import { committedOffsets } from '../reader/commit.ts';
import { listOffsets } from '../reader/offsets.ts';
import type { Position, TopicPartition } from '../record.ts';

/** Where a group begins, and where it goes on. */
export interface StartOffsets {
  /** Looks where the partitions are to begin of which the group has committed nothing yet. Before each join, so that it is known from when on all counts. */
  look(cluster: Cluster): Promise<void>;
  /**
   * Where to go on with these partitions, `isFirst` when the group has committed nothing of them. What it has committed may be of a topic that is
   * gone: then its id is another one than that of the topic that is there.
   */
  of(cluster: Cluster, partitions: readonly TopicPartition[]): Promise<(Position & { isFirst: boolean })[]>;
}

/**
 * A group begins once, with what there is then or with what comes from then on, and that is committed as soon as a partition is had, also if
 * nothing comes in it. Otherwise a partition in which nothing was read yet would begin anew after each restart: at its end, and
 * what came in between would be read by nobody; or with the first record that is left, and what was deleted in between would be missed
 * by nobody. What is in a partition that was added later, or in a topic that was made anew, is all of it new, from offset 0.
 */
export function createStartOffsets({
  group,
  topics,
  from,
}: {
  group: string;
  topics: readonly string[];
  from: 'beginning' | 'now';
}): StartOffsets {
  /** By the id of a topic and the partition. */
  const begins = new Map<string, bigint>();
  /** The topics that have been seen, whichever they were. */
  const seen = new Set<string>();

  async function look(cluster: Cluster): Promise<Position[]> {
    await cluster.refresh(topics);
    const committed = await committedOffsets(cluster.brokers, group);
    const unknown = topics.filter(
      (topic) => !seen.has(topic) && !committed.some((each) => each.topic === topic),
    );
    if (unknown.length > 0) {
      const first = await listOffsets(cluster, { topics: unknown }, from === 'now' ? 'latest' : 'earliest');
      for (const { topicId, partition, offset } of first) begins.set(`${topicId}/${partition}`, offset);
    }
    for (const topic of topics) seen.add(topic);
    return committed;
  }

  return {
    look: async (cluster) => void (await look(cluster)),
    async of(cluster, partitions) {
      if (partitions.length === 0) return [];
      const committed = await look(cluster);
      return partitions.map(({ topic, partition }) => {
        const known = committed.find((each) => each.topic === topic && each.partition === partition);
        const topicId = known ? known.topicId : cluster.topicId(topic);
        const offset = known?.offset ?? begins.get(`${topicId}/${partition}`) ?? 0n;
        return { topic, partition, offset, topicId, isFirst: known === undefined };
      });
    },
  };
}
