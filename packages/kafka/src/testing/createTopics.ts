import type { TopicDeclaration } from '@brew/events';
import { infrastructure, until } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { createAdmin } from '../admin.ts';
import { createKafkaClient } from '../client.ts';

/**
 * Makes topics that every broker knows then: each hears of them in its own time, and any of them may be asked.
 *
 * @param replicationFactor one, for tests in which no broker goes away: to send to a topic takes the brokers ten times as long when two of
 *   them have to copy it
 */
export async function createTopics(
  declarations: readonly TopicDeclaration[],
  replicationFactor = 1,
): Promise<void> {
  const { createInspector } = await import('../inspect.ts');
  const { brokers } = infrastructure();
  const log = pino({ level: 'silent' });
  await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'test', log }), log });
  await admin.ensureTopics(declarations, { replicationFactor });
  const names = declarations.map(({ name }) => name);
  const known = async (broker: string) => {
    const client = createKafkaClient({ brokers: [broker], clientId: 'test', log });
    await using inspector = createInspector({ client });
    await until(() => inspector.topics(names), { what: `${broker} to know ${names.join()}` });
  };
  await Promise.all(brokers.map(known));
}
