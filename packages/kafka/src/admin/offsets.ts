import type { Admin as KafkaAdmin } from 'kafkajs';
import type { GroupPosition, PartitionLag, PartitionOffsets } from '../admin.ts';
import { settled } from './settled.ts';

export async function topicOffsets(admin: KafkaAdmin, topic: string): Promise<PartitionOffsets[]> {
  const offsets = await settled(() => admin.fetchTopicOffsets(topic));
  return offsets
    .map(({ partition, low, high }) => ({ partition, earliest: BigInt(low), latest: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition);
}

export async function groupPositions(
  admin: KafkaAdmin,
  group: string,
  topics: readonly string[],
): Promise<GroupPosition[]> {
  const committed = await settled(() => admin.fetchOffsets({ groupId: group, topics: [...topics] }));
  return committed.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition, committed: knownOf(offset) })),
  );
}

/** Kafka says -1 for a partition that the group has never committed. */
const knownOf = (offset: string | undefined) =>
  offset === undefined || offset.startsWith('-') ? undefined : BigInt(offset);

export async function groupLag(admin: KafkaAdmin, group: string): Promise<PartitionLag[]> {
  const committed = await settled(() => admin.fetchOffsets({ groupId: group }));
  const lags = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const positions = new Map(partitions.map(({ partition, offset }) => [partition, offset]));
      return (await topicOffsets(admin, topic)).map(({ partition, earliest, latest }) => {
        const known = knownOf(positions.get(partition));
        return { topic, partition, committed: known, latest, lag: latest - (known ?? earliest) };
      });
    }),
  );
  return lags.flat();
}
