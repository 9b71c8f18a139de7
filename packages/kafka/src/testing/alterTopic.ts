import { infrastructure } from '@brew/sandbox/testing';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { createKafkaClient, kafkaOf } from '../client.ts';

/** Sets configurations of a topic, as an operator would; the others go back to their defaults. */
export async function alterTopic(topic: string, config: Record<string, string>): Promise<void> {
  const log = pino({ level: 'silent' });
  const admin = kafkaOf(
    createKafkaClient({ brokers: infrastructure().brokers, clientId: 'test', log }),
  ).admin();
  await admin.connect();
  try {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.alterConfigs({
      validateOnly: false,
      // By way of the default export: Node doesn't find this name among the exports of a CommonJS module.
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    });
  } finally {
    await admin.disconnect();
  }
}
