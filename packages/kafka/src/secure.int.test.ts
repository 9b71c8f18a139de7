import { uniqueName } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createAdmin } from './admin.ts';
import { createKafkaClient, type KafkaClientOptions } from './client.ts';
import { BrokerUnavailableError } from './errors.ts';
import { createProducer } from './producer.ts';
import { createReader } from './reader.ts';
import { log, outgoing } from './testing/kafka.ts';
import { type LoneBroker, startLoneBroker } from './testing/loneBroker.ts';

jest.setTimeout(120_000);

let broker: LoneBroker;
beforeAll(async () => {
  broker = await startLoneBroker();
  await using admin = createAdmin({ client: clientWith({}), log });
  await admin.waitForBrokers(1);
});
afterAll(async () => broker[Symbol.asyncDispose]());

const clientWith = (options: Partial<KafkaClientOptions>) =>
  createKafkaClient({ clientId: 'test', log, ...broker.reach, ...options });

test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
  'writes and reads over TLS, as a user that shows its password by %s',
  async (mechanism) => {
    const client = clientWith({ sasl: { ...broker.reach.sasl, mechanism } });
    const topic = uniqueName('secure');
    await using admin = createAdmin({ client, log });
    await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }], {
      replicationFactor: 1,
    });
    await using producer = createProducer({ client, log });
    await producer.start();
    await producer.send([outgoing(topic, 'k', 'secret')]);

    await using reader = createReader({ client, log });
    const values: string[] = [];
    for await (const records of reader.read([{ topic, partition: 0, from: 0n, until: 1n }])) {
      while (records.next()) values.push(String(records.value()));
    }
    expect(values).toEqual(['secret']);
  },
);

test.each([
  ['with a wrong password', () => ({ sasl: { ...broker.reach.sasl, password: 'wrong' } })],
  ['when nobody it trusts has signed the certificate', () => ({ tls: {} })],
])('does not read %s', async (_, options) => {
  await using reader = createReader({ client: clientWith(options()), log });
  await expect(reader.offsets(['any'], 'latest')).rejects.toThrow(BrokerUnavailableError);
});
