import { rm } from 'node:fs/promises';
import { freePorts, type Infrastructure, removeData, startInfrastructure } from '@brew/sandbox';
import { temporaryFolder, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAdmin } from './admin.ts';
import { createKafkaClient, type KafkaClient } from './client.ts';
import { createProducer } from './producer.ts';
import type { OutgoingRecord, ReceivedRecord } from './record.ts';
import { log, outgoing } from './testing/kafka.ts';
import { readAll } from './testing/readAll.ts';

// On a cluster of its own, whose brokers are killed and frozen while a producer writes to them.

let dir: string;
let infrastructure: Infrastructure;

beforeAll(async () => {
  dir = await temporaryFolder('brew-leaders');
  infrastructure = await startInfrastructure({ dir, ports: await freePorts() });
});
afterAll(async () => {
  await infrastructure?.stop();
  await removeData(dir);
  await rm(dir, { recursive: true });
});

describe.each(['kafkajs', 'platformatic'] as const)('on %s', (library) => {
  const clientOf = (): KafkaClient =>
    createKafkaClient({ brokers: infrastructure.brokers, clientId: 'test', library, log });

  async function createTopic(): Promise<string> {
    const topic = uniqueName('leaders');
    await using admin = createAdmin({ client: clientOf(), log });
    const config = { 'min.insync.replicas': '2' };
    await admin.ensureTopics([{ name: topic, partitions: 6, replicationFactor: 3, config }]);
    return topic;
  }

  /** Writes until what is done meanwhile is over, and somewhat longer. @returns what was acknowledged */
  async function writeDuring(topic: string, trouble: () => Promise<void>): Promise<OutgoingRecord[]> {
    await using producer = createProducer({ client: clientOf(), log });
    await producer.start();
    const sent: OutgoingRecord[] = [];
    const send = async () => {
      const records = Array.from({ length: 500 }, (_, i) =>
        outgoing(topic, `key-${i % 50}`, String(sent.length + i)),
      );
      await producer.send(records);
      sent.push(...records);
    };
    for (let i = 0; i < 5; i++) await send();
    let isOver = false;
    const over = trouble().finally(() => {
      isOver = true;
    });
    while (!isOver) await send();
    await over;
    for (let i = 0; i < 5; i++) await send();
    return sent;
  }

  /** Nothing lost, and nothing out of order; written twice only by who can't help it. */
  function expectAll(found: readonly ReceivedRecord[], sent: readonly OutgoingRecord[]): void {
    const kept = library === 'platformatic' ? perKey(found) : perKey(found).map(firstOnes);
    expect(kept).toEqual(perKey(sent));
  }

  test('loses nothing when a broker is killed that leads a third of the partitions', async () => {
    const topic = await createTopic();
    const sent = await writeDuring(topic, async () => {
      await infrastructure.kill('kafka-2');
      await untilLed(topic, ({ leader }) => leader !== undefined && leader !== 2);
      await infrastructure.start('kafka-2');
      await untilLed(topic, ({ inSync }) => inSync.length === 3);
    });
    expectAll(await readAll(clientOf(), [topic]), sent);
  });

  test('loses nothing when such a broker is frozen, and goes on when others have its partitions', async () => {
    const topic = await createTopic();
    const frozen = infrastructure.processes().find(({ name }) => name === 'kafka-3')?.pid ?? 0;
    const sent = await writeDuring(topic, async () => {
      process.kill(frozen, 'SIGSTOP');
      try {
        await untilLed(topic, ({ leader }) => leader !== undefined && leader !== 3);
      } finally {
        process.kill(frozen, 'SIGCONT');
      }
      await untilLed(topic, ({ inSync }) => inSync.length === 3);
    });
    expectAll(await readAll(clientOf(), [topic]), sent);
  });

  async function untilLed(
    topic: string,
    isSo: (partition: { leader: number | undefined; inSync: readonly number[] }) => boolean,
  ): Promise<void> {
    const { createInspector } = await import('./inspect.ts');
    await until(
      async () => {
        await using inspector = createInspector({ client: clientOf() });
        const [found] = await inspector.topics([topic]);
        return found?.partitions.every(isSo);
      },
      { what: 'the partitions to be led by others, or to have all replicas' },
    );
  }
});

/** The values of each key, the keys in their order. */
function perKey(all: readonly (OutgoingRecord | ReceivedRecord)[]): string[][] {
  const groups = [...Map.groupBy(all, ({ key }) => String(key))];
  return groups
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([, of]) => of.map(({ value }) => String(value)));
}

const firstOnes = (values: string[]): string[] => [...new Set(values)];
