import { deadLetterTopic, type TopicDeclaration, topics } from '@brew/events';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import type { Logger } from 'pino';
import { TopicDiffersError } from './errors.ts';
import { services } from './services.ts';

/** Every topic there has to be: those of the events, and for each consumer group its dead letters. */
export const declaredTopics: readonly TopicDeclaration[] = [
  ...Object.values(topics),
  ...services.filter(({ name }) => name !== 'simulator').map(({ name }) => deadLetterTopic(name)),
];

/**
 * Creates the topics that are missing, once all brokers are there to hold the replicas.
 *
 * @returns how many were missing
 * @throws TopicDiffersError when a topic is not as declared; the signal's reason, when it is aborted
 */
export async function ensureTopics(
  brokers: string[],
  { log, signal }: { log: Logger; signal?: AbortSignal },
): Promise<number> {
  const client = createKafkaClient({ brokers, clientId: 'brew-provision', log });
  await using admin = createAdmin({ client, log });
  await admin.waitForBrokers(brokers.length, signal);
  const outcomes = await admin.ensureTopics(declaredTopics);
  const differing = outcomes.filter(({ outcome }) => outcome === 'differs');
  if (differing.length > 0) throw new TopicDiffersError(differing);
  return outcomes.filter(({ outcome }) => outcome === 'created').length;
}
