import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadLetterTopic, eventTypes, topics } from '@brew/events';
import { createAdmin, createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import { freePorts, type Infrastructure, type Ports, removeData, startInfrastructure } from '@brew/sandbox';
import { pino } from 'pino';
import { machine } from './machine.ts';
import { writeHistory } from './writeHistory.ts';

const log = pino({ level: 'warn' }, pino.destination(2));

/** Brokers, registry and PostgreSQL on free ports, in a folder that is removed, with a history of that many events in the topics. */
export async function withHistory(
  count: number,
  work: (infrastructure: Infrastructure, ports: Ports) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'brew-bench-'));
  try {
    const ports = await freePorts();
    await using infrastructure = await startInfrastructure({ dir, ports });
    console.log(`${machine()}\n`);
    await write(count, infrastructure);
    await work(infrastructure, ports);
  } finally {
    await removeData(dir);
    await rm(dir, { recursive: true, force: true });
  }
}

async function write(count: number, { brokers, registryUrl }: Infrastructure): Promise<void> {
  const client = createKafkaClient({ brokers, clientId: 'bench', log });
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics([...Object.values(topics), deadLetterTopic('analytics')]);
  const codec = createCodec({ registryUrl, log });
  await codec.register(eventTypes);
  await codec.prepare(eventTypes);
  await using producer = createProducer({ client, log });
  await producer.start();
  await writeHistory(count, { producer, codec }, (written) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${written} of ${count} events written`);
  });
  if (process.stdout.isTTY) process.stdout.write('\n');
}
