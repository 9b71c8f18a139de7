import type { KafkaClient } from '../client.ts';
import { TopicMissingError } from '../errors.ts';
import { type Brokers, createBrokers } from '../wire/brokers.ts';
import type { Connection, metadataV12 } from '../wire/protocol.ts';
import { isPassing, nameOf, refused } from '../wire/protocolErrors.ts';

/** The broker that a partition is read from. */
export interface Leader {
  node: number;
  epoch: number;
}

/** Who leads what, as far as the brokers told, and the connections to them. */
export interface Cluster {
  /**
   * Asks a broker, any of them, who leads the partitions of these topics.
   * @throws BrokerUnavailableError, TopicMissingError, ReadRefusedError
   */
  refresh(topics: readonly string[]): Promise<void>;
  /** Undefined before refresh(). */
  topicId(topic: string): string | undefined;
  partitionsOf(topic: string): readonly number[];
  /** Undefined while there is none, or none is known. */
  leaderOf(topic: string, partition: number): Leader | undefined;
  /** @throws when there is no way to it */
  connectionTo(node: number): Promise<Connection>;
  readonly brokers: Brokers;
  close(): Promise<void>;
}

type PartitionMetadata = metadataV12.MetadataResponsePartition;

interface KnownTopic {
  id: string;
  /** Of every partition, also of those that have none. */
  leaders: Map<number, Leader | undefined>;
}

export function createCluster(client: KafkaClient): Cluster {
  const brokers = createBrokers(client);
  const known = new Map<string, KnownTopic>();

  return {
    async refresh(topics) {
      const answer = await brokers.metadata(`ask who leads ${topics.join(', ')}`, topics);
      for (const { name, topicId, errorCode, partitions } of answer.topics) {
        if (!name) continue;
        if (nameOf(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') throw new TopicMissingError([name]);
        if (errorCode !== 0 && !isPassing(errorCode)) throw refused(name, errorCode);
        known.set(name, { id: topicId, leaders: new Map(partitions.map(leaderIn)) });
      }
    },
    topicId: (topic) => known.get(topic)?.id,
    partitionsOf: (topic) => [...(known.get(topic)?.leaders.keys() ?? [])],
    leaderOf: (topic, partition) => known.get(topic)?.leaders.get(partition),
    connectionTo: brokers.connectionTo,
    brokers,
    close: brokers.close,
  };
}

function leaderIn({
  partitionIndex,
  leaderId,
  leaderEpoch,
}: PartitionMetadata): [number, Leader | undefined] {
  return [partitionIndex, leaderId < 0 ? undefined : { node: leaderId, epoch: leaderEpoch }];
}
