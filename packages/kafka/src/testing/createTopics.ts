import type { TopicDeclaration } from '@brew/events';
import { infrastructure, until } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { createAdmin } from '../admin.ts';
import { createKafkaClient } from '../client.ts';

/**
 * Makes topics for a test in which no broker goes away, so with one replica: to send to a topic takes the brokers ten times as long
 * when two of them have to copy it. Every broker knows them then: each hears of it in its own time, and any of them may be asked.
 */
export async function createTopics(declarations: readonly TopicDeclaration[]): Promise<void> {
  const { createInspector } = await import('../inspect.ts');
  const { brokers } = infrastructure();
  const log = pino({ level: 'silent' });
  await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'test', log }), log });
  await admin.ensureTopics(declarations, { replicationFactor: 1 });
  const names = declarations.map(({ name }) => name);
  const known = async (broker: string) => {
    const client = createKafkaClient({ brokers: [broker], clientId: 'test', log });
    await using inspector = createInspector({ client });
    await until(() => inspector.topics(names), { what: `${broker} to know ${names.join()}` });
  };
  await Promise.all(brokers.map(known));
}
