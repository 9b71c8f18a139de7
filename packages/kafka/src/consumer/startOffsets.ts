import type { Cluster } from '../reader/cluster.ts';
import { committedOffsets } from '../reader/commit.ts';
import { listOffsets } from '../reader/offsets.ts';
import type { Position, TopicPartition } from '../record.ts';

/** Where a group begins, and where it goes on. */
export interface StartOffsets {
  /** Looks where the partitions are to begin of which the group has committed nothing yet. Before each join, so that it is known from when on all counts. */
  look(): Promise<void>;
  /**
   * Where to go on with these partitions, `isFirst` when the group has committed nothing of them. What it has committed may be of a topic that is
   * gone: then its id is another one than that of the topic that is there.
   */
  of(partitions: readonly TopicPartition[]): Promise<(Position & { isFirst: boolean })[]>;
}

/**
 * A group begins once, with what there is then or with what comes from then on, and that is committed as soon as a partition is had, also if
 * nothing comes in it. Otherwise a partition in which nothing was read yet would begin anew after each restart: at its end, and
 * what came in between would be read by nobody; or with the first record that is left, and what was deleted in between would be missed
 * by nobody. What is in a partition that was added later is all of it new, from offset 0.
 */
export function createStartOffsets({
  cluster,
  group,
  topics,
  from,
}: {
  cluster: Cluster;
  group: string;
  topics: readonly string[];
  from: 'beginning' | 'now';
}): StartOffsets {
  const begins = new Map<string, bigint>();
  const idOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

  async function look(): Promise<Map<string, Position>> {
    await cluster.refresh(topics);
    const all = new Map(topics.map((topic) => [topic, cluster.partitionsOf(topic)]));
    const committed = await committedOffsets(cluster.brokers, group);
    const unknown = topics.filter((topic) => !committed.some((each) => each.topic === topic));
    const first =
      unknown.length === 0
        ? []
        : await listOffsets(cluster, { topics: unknown }, from === 'now' ? 'latest' : 'earliest');
    // Where the group has been, a partition of which it has committed nothing was added since then.
    for (const [topic, partitions] of all)
      for (const partition of partitions) {
        const found = first.find((each) => each.topic === topic && each.partition === partition);
        const id = idOf({ topic, partition });
        if (!begins.has(id)) begins.set(id, found?.offset ?? 0n);
      }
    return new Map(committed.map((each) => [idOf(each), each]));
  }

  return {
    look: async () => void (await look()),
    async of(partitions) {
      if (partitions.length === 0) return [];
      const committed = await look();
      return partitions.map(({ topic, partition }) => {
        const known = committed.get(idOf({ topic, partition }));
        const offset = known?.offset ?? begins.get(idOf({ topic, partition })) ?? 0n;
        const topicId = known ? known.topicId : cluster.topicId(topic);
        return { topic, partition, offset, topicId, isFirst: known === undefined };
      });
    },
  };
}
