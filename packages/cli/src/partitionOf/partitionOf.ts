import { orderTopics } from '@brew/events';
import { partitionOf } from '@brew/kafka';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import type { Io } from '../io.ts';

export interface PartitionOfOptions {
  topic?: string;
  partitions?: number;
  json?: boolean;
}

/**
 * Tells a key's partition.
 * @param cluster where the topic is; undefined when none was named: then nothing has to run
 * @throws TopicMissingError, BrokerUnavailableError
 */
export async function partitionOfKey(
  key: string,
  options: PartitionOfOptions,
  cluster: ClusterAddress | undefined,
  io: Io,
): Promise<void> {
  const { topic } = options;
  const found = topic === undefined || !cluster ? undefined : await partitionsOf(topic, cluster);
  const partitions = options.partitions ?? found?.length ?? orderTopics[0]?.partitions ?? 1;
  const partition = partitionOf(key, partitions);
  const replicas = found?.[partition];
  await io.out(
    options.json
      ? JSON.stringify({ key, partition, partitions, ...(topic !== undefined && { topic, ...replicas }) })
      : `${partition} of ${partitions}${topic === undefined ? '' : ` on ${topic}, led by broker ${replicas?.leader ?? 'none'}`}`,
  );
}

async function partitionsOf(topic: string, cluster: ClusterAddress) {
  const { createInspector } = await import('@brew/kafka/inspect');
  const client = clientOf(cluster, 'brew-topics');
  await using inspector = createInspector({ client });
  const [found] = await inspector.topics([topic]);
  return found?.partitions.map(({ leader, replicas, inSync }) => ({
    leader: leader ?? null,
    replicas,
    inSync,
  }));
}
