import { pino } from 'pino';
import { createAdmin } from '../admin.ts';
import type { KafkaClient } from '../client.ts';
import type { ReceivedRecord } from '../record.ts';

/** Everything that is in these topics now: in order per partition, as Kafka has it. */
export async function readAll(client: KafkaClient, topics: readonly string[]): Promise<ReceivedRecord[]> {
  // Takes most of a second to load: not for tests that read nothing.
  const { createReader } = await import('../reader.ts');
  const log = pino({ level: 'silent' });
  await using admin = createAdmin({ client, log });
  await using reader = createReader({ client, log });
  // As the brokers have it, not as readers of committed records: those in transactions that are under way are waited for.
  const rangesOf = async (topic: string) =>
    (await admin.topicOffsets(topic)).map(({ partition, earliest, latest }) => ({
      ...{ topic, partition, from: earliest, until: latest },
    }));
  const ranges = (await Promise.all(topics.map(rangesOf))).flat();
  const all: ReceivedRecord[] = [];
  for await (const records of reader.read(ranges)) {
    while (records.next()) all.push(records.received());
  }
  return all;
}
