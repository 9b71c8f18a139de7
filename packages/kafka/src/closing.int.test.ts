import { setTimeout as sleep } from 'node:timers/promises';
import { uniqueName, until } from '@brew/sandbox/testing';
import { beforeAll, test } from '@jest/globals';
import { createAdmin } from './admin.ts';
import type { KafkaClient } from './client.ts';
import { createFollower } from './follower.ts';
import { createProducer } from './producer.ts';
import { clientOf, createTopic, log } from './testing/kafka.ts';

let topic: string;
beforeAll(async () => {
  topic = await createTopic('closing', 3);
});

/** Begins something that takes a while, and says how it is ended. */
type Begin = (client: KafkaClient) => () => Promise<void>;

const clients: [string, Begin][] = [
  [
    'an admin',
    (client) => {
      const admin = createAdmin({ client, log });
      admin.groupLag(uniqueName('group')).catch(() => {});
      admin.topicOffsets(topic).catch(() => {});
      return admin.close;
    },
  ],
  [
    'a producer',
    (client) => {
      const producer = createProducer({ client, log });
      producer.start().catch(() => {});
      producer.send([{ topic, key: 'a', value: null, headers: {} }]).catch(() => {});
      return producer.stop;
    },
  ],
  [
    'a producer on platformatic',
    () => {
      const producer = createProducer({ client: clientOf(undefined, { library: 'platformatic' }), log });
      producer.start().catch(() => {});
      producer.send([{ topic, key: 'a', value: null, headers: {} }]).catch(() => {});
      return producer.stop;
    },
  ],
  [
    'a member of a group',
    (client) => {
      const follower = createFollower({
        client,
        name: 'test.follower',
        topics: [topic],
        from: 'beginning',
        onRecords() {},
        log,
      });
      follower.start().catch(() => {});
      return follower.stop;
    },
  ],
];

/** Of this process, also what Node has forgotten: it keeps a process from ending just the same. */
function connections(): number {
  const { libuv } = process.report.getReport() as unknown as { libuv: { type: string }[] };
  return libuv.filter(({ type }) => type === 'tcp').length;
}

test.each(clients)('%s that is ended at any moment leaves no connection open', async (_name, begin) => {
  const before = connections();
  const client = clientOf();
  const ended = Array.from({ length: 60 }, async (_, n) => {
    const end = begin(client);
    await sleep(n * 5);
    await end();
  });
  await Promise.all(ended);
  await until(() => connections() <= before, { timeoutMs: 60_000 });
});
