import { infrastructure } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { kafkaOf } from '../adapters/kafkajs/kafka.ts';
import { createKafkaClient } from '../client.ts';

/**
 * Deletes what a topic holds, as retention does: its offsets go on where they are.
 * @param below the first offset of each partition that stays; left out, nothing does
 */
export async function deleteRecords(topic: string, below?: ReadonlyMap<number, bigint>): Promise<void> {
  const log = pino({ level: 'silent' });
  const admin = kafkaOf(
    createKafkaClient({ brokers: infrastructure().brokers, clientId: 'test', log }),
  ).admin();
  await admin.connect();
  try {
    const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
      partition,
      offset: below ? String(below.get(partition) ?? 0n) : high,
    }));
    await admin.deleteTopicRecords({ topic, partitions });
  } finally {
    await admin.disconnect();
  }
}
