import { type Message, type PartitionerArgs, Partitioners } from 'kafkajs';

/** Chooses partitions for one kafkajs producer, and counts their acknowledgements. */
export interface Partitioning {
  createPartitioner: () => (args: PartitionerArgs) => number;
  /** A send begins. */
  begin(): void;
  /** @throws when not each partition that was chosen since begin() is among these */
  settle(acknowledged: readonly { topicName: string; partition: number }[]): void;
}

/** By the key, as Kafka's own clients do it. */
export function createPartitioning(): Partitioning {
  const chosen = new Set<string>();
  const keyless = new WeakMap<Message, number>();

  return {
    createPartitioner() {
      const partitionOf = Partitioners.DefaultPartitioner();
      return (args) => {
        // kafkajs asks again when it repeats a send. Without a key the answer would be another one, and the record in two partitions.
        const partition = keyless.get(args.message) ?? partitionOf(args);
        if (args.message.key == null) keyless.set(args.message, partition);
        chosen.add(`${args.topic}/${partition}`);
        return partition;
      };
    },
    begin: () => chosen.clear(),
    settle(acknowledged) {
      // kafkajs repeats a send per broker, not per partition: when a partition moves between attempts to a broker that
      // has answered already, it reports success without ever having sent that partition's records. So we count.
      for (const { topicName, partition } of acknowledged) chosen.delete(`${topicName}/${partition}`);
      if (chosen.size > 0) throw new Error(`no acknowledgement for ${[...chosen].join(', ')}`);
    },
  };
}
