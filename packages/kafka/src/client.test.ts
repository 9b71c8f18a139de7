import { expect, it, test } from '@jest/globals';
import { pino } from 'pino';
import { createKafkaClient, type KafkaClientOptions } from './client.ts';
import { createConsumer } from './consumer.ts';
import { noLetters } from './testing/noLetters.ts';

const log = pino({ level: 'silent' });
const clientWith = (options: Record<string, unknown>) =>
  createKafkaClient({ brokers: ['localhost:9092'], clientId: 'test', log, ...options } as KafkaClientOptions);

test.each([
  [{ brokers: [] }, 'brokers is empty. Give the address of one at least, as host:port.'],
  [{ brokers: ['a:1', 'b'] }, '"b" is no address of a broker. Give it as host:port.'],
  [{ brokers: [''] }, '"" is no address of a broker. Give it as host:port.'],
  [{ library: 'kafka' }, 'There is no library kafka to talk to Kafka by. Take one of platformatic, kafkajs.'],
])('says what is wrong with %j', (options, message) => {
  expect(() => clientWith(options)).toThrow(new TypeError(message));
});

it.each(['localhost:9092', '127.0.0.1:9092', '[::1]:9092', '::1:9092'])(
  'takes %s for an address',
  (address) => {
    expect(clientWith({ brokers: [address] }).library).toBe('platformatic');
  },
);

test.each([
  [{ group: '' }, 'A consumer needs the name of its group, and one topic at least.'],
  [{ topics: [] }, 'A consumer needs the name of its group, and one topic at least.'],
  [{ from: 'latest' as 'now' }, "from is latest. A group without offsets starts at 'beginning' or 'now'."],
])('says what is wrong with a consumer of %j', (options, message) => {
  const right = { group: 'g', topics: ['t'], from: 'now', process: async () => undefined } as const;
  const topics = [...right.topics];
  expect(() =>
    createConsumer({ client: clientWith({}), deadLetters: noLetters, log, ...right, topics, ...options }),
  ).toThrow(new TypeError(message));
});
