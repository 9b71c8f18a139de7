import { infrastructure, until } from '@brew/sandbox/testing';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { kafkaOf } from '../adapters/kafkajs/kafka.ts';
import { createKafkaClient } from '../client.ts';
import { createInspector } from '../inspect.ts';

/** Sets configurations of a topic, as an operator would; the others go back to their defaults. Each broker has heard of it when this returns. */
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
  for (const broker of infrastructure().brokers) {
    const client = createKafkaClient({ brokers: [broker], clientId: 'test', log });
    const isSet = async () => {
      await using inspector = createInspector({ client }); // anew each time: it knows of no other broker yet
      const settings = (await inspector.settings([topic])).get(topic) ?? [];
      return Object.entries(config).every(([name, value]) =>
        settings.some((setting) => setting.name === name && setting.value === value),
      );
    };
    await until(isSet, { what: `${broker} to hear of it` });
  }
}
