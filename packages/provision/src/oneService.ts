import { deadLetterTopic } from '@brew/events';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import type { Logger } from 'pino';
import { dropDatabase, ensureDatabases, sessionsOf } from './databases.ts';
import type { ServiceDeclaration } from './services.ts';

/** Where a system is that runs. */
export interface Running {
  brokers: string[];
  /** Connection string of PostgreSQL's superuser. */
  superuserUrl: string;
  log: Logger;
}

/** What a service has in a system that runs. */
export interface Belongings {
  /** Records that wait in its dead-letter topic. */
  deadLetters: number;
  /** Of its database: whether it runs. */
  sessions: number;
}

type Service = Pick<ServiceDeclaration, 'database'> & { name: string };

/** Makes what a service needs beside the topics of events, in a system that may have been started before it was there. */
export async function ensureService(
  { name, database }: Service,
  { brokers, superuserUrl, log }: Running,
): Promise<void> {
  await ensureDatabases(superuserUrl, log, [database]);
  await using admin = adminOf(brokers, log);
  await admin.ensureTopics([deadLetterTopic(name)]);
}

export async function lookAtService(
  { name, database }: Service,
  { brokers, superuserUrl, log }: Running,
): Promise<Belongings> {
  const sessions = await sessionsOf(database, superuserUrl, log);
  await using admin = adminOf(brokers, log);
  const { name: topic } = deadLetterTopic(name);
  const exists = (await admin.describeTopics()).some((described) => described.name === topic);
  const offsets = exists ? await admin.topicOffsets(topic) : [];
  const deadLetters = offsets.reduce((sum, { earliest, latest }) => sum + Number(latest - earliest), 0);
  return { deadLetters, sessions };
}

/** Removes what a service that is gone has left: its database, its dead letters, the offsets of its group. */
export async function removeService(
  { name, database }: Service,
  { brokers, superuserUrl, log }: Running,
): Promise<void> {
  await dropDatabase(database, superuserUrl, log);
  await using admin = adminOf(brokers, log);
  await admin.removeTopic(deadLetterTopic(name).name);
  await admin.forgetGroup(name);
}

const adminOf = (brokers: string[], log: Logger) =>
  createAdmin({ client: createKafkaClient({ brokers, clientId: 'brew-provision', log }), log });
