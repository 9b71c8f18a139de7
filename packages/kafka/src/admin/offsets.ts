import type { Admin as KafkaAdmin } from 'kafkajs';
import type { PartitionLag, PartitionOffsets } from '../admin.ts';
import { delay } from '../delay.ts';
import { kafkaErrorTypeOf } from '../errors.ts';

export async function topicOffsets(admin: KafkaAdmin, topic: string): Promise<PartitionOffsets[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets
    .map(({ partition, low, high }) => ({ partition, earliest: BigInt(low), latest: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition);
}

export async function groupLag(admin: KafkaAdmin, group: string): Promise<PartitionLag[]> {
  const committed = await untilCoordinated(() => admin.fetchOffsets({ groupId: group }));
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

const COORDINATED_MS = 10_000;
const uncoordinated = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);

/** Asks again while a group has no coordinator, as for a moment after each election; kafkajs doesn't. */
async function untilCoordinated<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const giveUpAt = Date.now() + COORDINATED_MS; ; await delay(100)) {
    try {
      return await ask();
    } catch (error) {
      if (!uncoordinated.has(kafkaErrorTypeOf(error) ?? '') || Date.now() > giveUpAt) throw error;
    }
  }
}
