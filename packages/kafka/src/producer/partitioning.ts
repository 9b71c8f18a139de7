import { type Message, type PartitionerArgs, Partitioners } from 'kafkajs';

/** Where records of one partition went: `count` of them, one behind the other. */
export interface Placement {
  topic: string;
  partition: number;
  /** The offset of the first of them. */
  from: bigint;
  count: number;
}

/** Chooses partitions for one kafkajs producer, and counts their acknowledgements. */
export interface Partitioning {
  createPartitioner: () => (args: PartitionerArgs) => number;
  /** A send begins. */
  begin(): void;
  /** @throws when not each partition that was chosen since begin() is among these */
  settle(acknowledged: readonly { topicName: string; partition: number; baseOffset?: string }[]): Placement[];
}

/** By the key, as Kafka's own clients do it. */
export function createPartitioning(): Partitioning {
  /** How many records are for each partition. */
  const chosen = new Map<string, number>();
  let partitions = new WeakMap<Message, number>();

  return {
    createPartitioner() {
      const partitionOf = Partitioners.DefaultPartitioner();
      return (args) => {
        // kafkajs asks again when it repeats a send. Without a key the answer would be another one, and the record in two partitions.
        const before = partitions.get(args.message);
        if (before !== undefined) return before;
        const partition = partitionOf(args);
        partitions.set(args.message, partition);
        const key = `${args.topic}/${partition}`;
        chosen.set(key, (chosen.get(key) ?? 0) + 1);
        return partition;
      };
    },
    begin() {
      chosen.clear();
      partitions = new WeakMap();
    },
    settle(acknowledged) {
      // kafkajs leaves out a partition that the cluster's metadata lack for the moment, and reports success. So we count.
      const placements = acknowledged.map(({ topicName: topic, partition, baseOffset }) => {
        const key = `${topic}/${partition}`;
        const count = chosen.get(key) ?? 0;
        chosen.delete(key);
        return { topic, partition, from: BigInt(baseOffset ?? -1), count };
      });
      if (chosen.size > 0) throw new Error(`no acknowledgement for ${[...chosen.keys()].join(', ')}`);
      return placements;
    },
  };
}
