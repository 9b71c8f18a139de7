import { runKafkaTool } from '@brew/sandbox';
import type { Drained } from './drain.ts';

/** Reads topics with Kafka's own tool. Its rate is without the joining of the group, and it goes on for as long as it takes to see that there is no more. */
export async function withKafkasTool(
  {
    brokers,
    topics,
    count,
  }: {
    brokers: readonly string[];
    topics: readonly string[];
    count: number;
  },
  signal: AbortSignal,
): Promise<Drained> {
  const args = ['--bootstrap-server', brokers.join(), '--include', topics.join('|')];
  const output = await runKafkaTool(
    'org.apache.kafka.tools.ConsumerPerformance',
    [...args, '--num-records', String(count), '--hide-header'],
    // As Kafka's script sets it.
    { jvmFlags: ['-Xmx512m'], signal },
  );
  // Among lines of its log: start, end, MB, MB/s, records, records/s, join ms, fetch ms, MB/s and records/s of it.
  const fields = output
    .split('\n')
    .map((line) => line.split(','))
    .find(({ length }) => length === 10);
  if (!fields) throw new Error(`Kafka's tool has another output than the one that is known: ${output}`);
  return { records: Number(fields[4]), seconds: Number(fields[4]) / Number(fields[9]), memory: Number.NaN };
}
