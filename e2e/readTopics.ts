import { deadLetterTopic, orderTopics } from '@brew/events';
import { createKafkaClient } from '@brew/kafka';
import { readAll } from '@brew/kafka/testing';
import { services } from '@brew/sandbox';
import { pino } from 'pino';

const log = pino({ level: 'silent' });
const groups = services.map(({ name }) => name).filter((name) => name !== 'simulator');
const namesOf = (topics: readonly { name: string }[]) => topics.map(({ name }) => name);

const readTopics = (brokers: string[], names: readonly string[]) =>
  readAll(createKafkaClient({ brokers, clientId: 'e2e-reader', log }), names);

/** All that happened to orders. */
export const readOrderTopics = (brokers: string[]) => readTopics(brokers, namesOf(orderTopics));

/** What nobody could process. */
export const readDeadLetters = (brokers: string[]) =>
  readTopics(brokers, namesOf(groups.map((group) => deadLetterTopic(group))));
