import type { Admin as KafkaAdmin } from 'kafkajs';
import type { PartitionLag, PartitionOffsets } from '../admin.ts';
import { settled } from './settled.ts';

export async function topicOffsets(admin: KafkaAdmin, topic: string): Promise<PartitionOffsets[]> {
  const offsets = await settled(() => admin.fetchTopicOffsets(topic));
  return offsets
    .map(({ partition, low, high }) => ({ partition, earliest: BigInt(low), latest: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition);
}

export async function groupLag(admin: KafkaAdmin, group: string): Promise<PartitionLag[]> {
  const committed = await settled(() => admin.fetchOffsets({ groupId: group }));
  const lags = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const positions = new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      return (await topicOffsets(admin, topic)).map(({ partition, earliest, latest }) => {
        const position = positions.get(partition);
        // Kafka says -1 for a partition that the group has never committed.
        const known = position !== undefined && position >= 0n ? position : undefined;
        return { topic, partition, committed: known, latest, lag: latest - (known ?? earliest) };
      });
    }),
  );
  return lags.flat();
}
