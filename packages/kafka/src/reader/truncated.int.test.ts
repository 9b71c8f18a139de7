import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import { createAdmin } from '../admin.ts';
import { createKafkaClient } from '../client.ts';
import { LogTruncatedError } from '../errors.ts';
import { createProducer } from '../producer.ts';
import { createReader } from '../reader.ts';
import { log, outgoing } from '../testing/kafka.ts';
import { startLoneBroker } from '../testing/loneBroker.ts';

// What an unclean election does too: records that were read are gone, and others get their offsets. By its offset alone, the
// reader would go on behind them as if nothing had been.
test('says what it can not reach while a broker is away, and when it is back that records it has read are lost', async () => {
  await using broker = await startLoneBroker();
  const client = createKafkaClient({ clientId: 'test', log, ...broker.reach });
  await using admin = createAdmin({ client, log });
  await admin.waitForBrokers(1);
  const declaration = { name: 'lost', partitions: 1, replicationFactor: 3, config: {} } as const;
  await admin.ensureTopics([declaration], { replicationFactor: 1 });
  await using producer = createProducer({ client, log });
  await producer.start();
  // A batch each, so that a part of them can be lost.
  for (let i = 0; i < 10; i++) await producer.send([outgoing('lost', 'k', `${i}`)]);

  await using reader = createReader({ client, log });
  let read = 0;
  async function follow() {
    for await (const records of reader.read([{ topic: 'lost', partition: 0, from: 0n }])) {
      while (records.next()) read++;
    }
  }
  const following = follow().catch((error: unknown) => error);
  await until(() => read === 10);
  expect(reader.unreachable).toEqual([]);

  await broker.kill();
  await until(() => reader.unreachable.length > 0, { what: 'the missing broker to be noticed' });
  expect(reader.unreachable).toEqual(['lost/0']);
  const segment = join(broker.data, 'lost-0/00000000000000000000.log');
  await truncate(segment, Math.floor((await stat(segment)).size / 2));
  await broker.start();
  for (let i = 0; i < 10; i++) await producer.send([outgoing('lost', 'k', `other ${i}`)]);

  const error = await following;
  expect(error).toBeInstanceOf(LogTruncatedError);
  expect(String(error)).toContain('lost/0 was read up to offset 10');
});
