import { pino } from 'pino';
import type { KafkaClient } from '../client.ts';
import { createFollower } from '../follower.ts';
import type { ReceivedRecord } from '../record.ts';

/** Everything that is in these topics now: in order per partition, as Kafka has it. */
export async function readAll(client: KafkaClient, topics: readonly string[]): Promise<ReceivedRecord[]> {
  const all: ReceivedRecord[] = [];
  await using follower = createFollower({
    client,
    name: 'test.reader',
    topics: [...topics],
    from: 'beginning',
    onRecords: (records) => void all.push(...records),
    log: pino({ level: 'silent' }),
  });
  await follower.start();
  await follower.whenCaughtUp();
  return all;
}
