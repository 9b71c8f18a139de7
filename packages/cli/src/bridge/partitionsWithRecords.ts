import type { KafkaClient } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { pino } from 'pino';

/** Which of these partitions hold a committed record. Offsets do not tell: aborted ones have offsets, too. */
export async function partitionsWithRecords(
  client: KafkaClient,
  topic: string,
  partitions: readonly number[],
): Promise<number[]> {
  await using reader = createReader({ client, log: pino({ level: 'silent' }) });
  const ends = await reader.offsets([topic], 'latest');
  const starts = await reader.offsets([topic], 'earliest');
  const found: number[] = [];
  for (const partition of partitions) {
    const from = starts.find((start) => start.partition === partition)?.offset ?? 0n;
    const until = ends.find((end) => end.partition === partition)?.offset ?? 0n;
    let unreadable = false;
    const onUnreadable = () => {
      unreadable = true;
    };
    for await (const records of reader.read([{ topic, partition, from, until }], { onUnreadable })) {
      if (!records.next() && !unreadable) continue;
      found.push(partition);
      break;
    }
  }
  return found;
}
