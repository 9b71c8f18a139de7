import { deadLetterTopic, eventTypes, topics } from '@brew/events';
import { createAdmin, createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import type { Infrastructure, Ports } from '@brew/sandbox';
import { pino } from 'pino';
import { withInfrastructure } from './withInfrastructure.ts';
import { writeHistory } from './writeHistory.ts';

const log = pino({ level: 'warn' }, pino.destination(2));

/** As withInfrastructure, with a history of that many events in the topics. */
export async function withHistory(
  count: number,
  signal: AbortSignal,
  work: (infrastructure: Infrastructure, ports: Ports) => Promise<void>,
): Promise<void> {
  await withInfrastructure(signal, async (infrastructure, ports) => {
    await write(count, infrastructure, signal);
    await work(infrastructure, ports);
  });
}

async function write(
  count: number,
  { brokers, registryUrl }: Infrastructure,
  signal: AbortSignal,
): Promise<void> {
  const client = createKafkaClient({ brokers, clientId: 'bench', log });
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics([...Object.values(topics), deadLetterTopic('analytics')]);
  const codec = createCodec({ registryUrl, log });
  await codec.register(eventTypes);
  await codec.prepare(eventTypes);
  await using producer = createProducer({ client, log });
  await producer.start();
  await writeHistory(count, { producer, codec, signal }, (written) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${written} of ${count} events written`);
  });
  if (process.stdout.isTTY) process.stdout.write('\n');
}
