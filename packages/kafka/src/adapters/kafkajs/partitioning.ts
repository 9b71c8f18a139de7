import { type Message, type PartitionerArgs, Partitioners } from 'kafkajs';
import { partitionOf } from '../../partitionOf.ts';
import type { Placement } from '../../record.ts';

/** Chooses partitions for one kafkajs producer, and counts their acknowledgements. */
export interface Partitioning {
  createPartitioner: () => (args: PartitionerArgs) => number;
  /** A send begins. */
  begin(): void;
  /** Where the records are, by the answers of the brokers. */
  settle(acknowledged: readonly Acknowledgement[]): Placement[];
  /** Undefined when it did not come to a choice. */
  partitionOf(message: Message): number | undefined;
}

/** As kafkajs tells of a partition that a broker has taken. */
export interface Acknowledgement {
  topicName: string;
  partition: number;
  baseOffset?: string;
}

/** By the key, as Kafka's own clients do it. */
export function createPartitioning(): Partitioning {
  /** How many records are for each partition. */
  const chosen = new Map<string, number>();
  let partitions = new WeakMap<Message, number>();

  return {
    createPartitioner() {
      const anyPartition = Partitioners.DefaultPartitioner();
      return (args) => {
        // kafkajs asks again when it repeats a send. Without a key the answer would be another one, and the record in two partitions.
        const before = partitions.get(args.message);
        if (before !== undefined) return before;
        const { message, partitionMetadata } = args;
        // A key that is no text or bytes is for kafkajs to refuse.
        const partition =
          typeof message.key === 'string' || Buffer.isBuffer(message.key)
            ? (message.partition ?? partitionOf(message.key, partitionMetadata.length))
            : anyPartition(args);
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
    settle: (acknowledged) =>
      acknowledged.map(({ topicName: topic, partition, baseOffset }) => ({
        topic,
        partition,
        from: BigInt(baseOffset ?? -1),
        count: chosen.get(`${topic}/${partition}`) ?? 0,
      })),
    partitionOf: (message) => partitions.get(message),
  };
}
