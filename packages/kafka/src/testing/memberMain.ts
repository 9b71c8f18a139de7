import { pino } from 'pino';
import { createKafkaClient, type KafkaClientOptions } from '../client.ts';
import { createConsumer } from '../consumer.ts';
import { noLetters } from './noLetters.ts';

/** A member of a group in a process of its own, which can be frozen. Prints the value of each record that it has handled. Argument: JSON of MemberOptions. */
export interface MemberOptions {
  client: Pick<KafkaClientOptions, 'brokers' | 'clientId' | 'library'>;
  group: string;
  topic: string;
  sessionTimeoutMs: number;
}

// Its standard output is for what it has handled.
const log = pino({ level: process.env.KAFKA_TEST_LOG ?? 'silent' }, pino.destination(2));
const { client, group, topic, sessionTimeoutMs } = JSON.parse(process.argv[2] ?? '{}') as MemberOptions;
const consumer = createConsumer({
  client: createKafkaClient({ ...client, log }),
  group,
  topics: [topic],
  from: 'beginning',
  sessionTimeoutMs,
  process: async (records) => {
    for (const { value } of records) process.stdout.write(`${value}\n`);
  },
  deadLetters: noLetters,
  log,
});
await consumer.start();
