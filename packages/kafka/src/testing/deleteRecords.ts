import { infrastructure } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { createKafkaClient, kafkaOf } from '../client.ts';

/** Deletes what a topic holds, as retention does: its offsets go on where they are. */
export async function deleteRecords(topic: string): Promise<void> {
  const log = pino({ level: 'silent' });
  const admin = kafkaOf(
    createKafkaClient({ brokers: infrastructure().brokers, clientId: 'test', log }),
  ).admin();
  await admin.connect();
  try {
    const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
      partition,
      offset: high,
    }));
    await admin.deleteTopicRecords({ topic, partitions });
  } finally {
    await admin.disconnect();
  }
}
