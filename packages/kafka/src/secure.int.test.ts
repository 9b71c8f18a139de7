import { connect, createServer, type Server } from 'node:net';
import { uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { kafkaOf } from './adapters/kafkajs/kafka.ts';
import { createAdmin } from './admin.ts';
import { createKafkaClient, type KafkaClientOptions } from './client.ts';
import { BrokerUnavailableError } from './errors.ts';
import { createProducer } from './producer.ts';
import { createQuorumAdmin } from './quorum.ts';
import { createReader } from './reader.ts';
import { log, outgoing } from './testing/kafka.ts';
import { type LoneBroker, startLoneBroker } from './testing/loneBroker.ts';

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

test('takes topics for there that it may see, also where it may create none', async () => {
  const topic = { name: uniqueName('secure'), partitions: 1, replicationFactor: 3, config: {} } as const;
  const missing = { ...topic, name: uniqueName('secure') };
  await using admin = createAdmin({ client: clientWith({}), log });
  const lone = { replicationFactor: 1 };
  await admin.ensureTopics([topic], lone);
  const acls = kafkaOf(clientWith({})).admin();
  await acls.connect();
  const who = {
    principal: `User:${broker.bound.username}`,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
  };
  const topics = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: 'secure-',
    resourcePatternType: ResourcePatternTypes.PREFIXED,
  };
  const acl = [AclOperationTypes.DESCRIBE, AclOperationTypes.DESCRIBE_CONFIGS].map((operation) => ({
    ...who,
    ...topics,
    operation,
  }));
  await acls.createAcls({ acl });
  await acls.disconnect();
  await using bound = createAdmin({ client: clientWith({ sasl: broker.bound }), log });
  await until(() => bound.describeTopics([topic.name]), { what: 'the broker to hear of the ACLs' });
  expect(await bound.ensureTopics([topic], lone)).toEqual([
    { topic: topic.name, outcome: 'exists', differences: [] },
  ]);
  await expect(bound.ensureTopics([topic, missing], lone)).rejects.toThrow(
    `Kafka refuses to create the topic ${missing.name}: TOPIC_AUTHORIZATION_FAILED`,
  );
  await expect(bound.removeTopic(topic.name)).rejects.toThrow(
    `Kafka refuses to delete the topic ${topic.name}: TOPIC_AUTHORIZATION_FAILED.`,
  );
});

test('takes nobody for silent who is only slow to connect to', async () => {
  // As far as can be from the three seconds after which a connection is given up, and from no time for an answer.
  const [patienceMs, slownessMs] = [1_500, 1_800];
  await using slow = await behindSlowness(slownessMs);
  await using admin = createQuorumAdmin({ client: clientWith({ brokers: [slow.address] }) });
  expect(await admin.describeQuorum({ timeoutMs: patienceMs })).toMatchObject({ leader: 1 });
});

/** The same broker behind a network in which the first bytes of its answers, which are those of TLS, take that long. */
async function behindSlowness(ms: number): Promise<AsyncDisposable & { address: string }> {
  const [host, port] = (broker.reach.brokers[0] ?? '').split(':');
  const server: Server = createServer((near) => {
    const far = connect({ host: String(host), port: Number(port) });
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.pipe(far);
    far.once('readable', () => setTimeout(() => far.pipe(near), ms));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = `localhost:${(server.address() as { port: number }).port}`;
  return { address, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}
