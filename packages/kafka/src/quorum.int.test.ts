import { createServer, type Server, type Socket } from 'node:net';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKafkaClient } from './client.ts';
import { BrokerUnavailableError } from './errors.ts';
import { createQuorumAdmin } from './quorum.ts';
import { log } from './testing/kafka.ts';

const { brokers } = infrastructure();
const adminOf = (...addresses: string[]) =>
  createQuorumAdmin({ client: createKafkaClient({ brokers: addresses, clientId: 'test', log }) });

/** Takes connections and never says anything, as a broker does that hangs. */
let silent: Server;
const sockets: Socket[] = [];
const silentAddress = () => `127.0.0.1:${(silent.address() as { port: number }).port}`;
beforeAll(async () => {
  // Whoever gives up resets its connection.
  silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('tells who leads, who votes, and how far each of them is', async () => {
  await using admin = adminOf(...brokers);
  const [cluster, quorum] = await Promise.all([
    admin.describeCluster(),
    admin.describeQuorum({ timeoutMs: 120_000 }),
  ]);
  expect(cluster.brokers.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
  expect(quorum?.voters.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(quorum?.endpoints.map(({ id }) => id)).toEqual([1, 2, 3]);
  const leader = quorum?.voters.find(({ id }) => id === quorum.leader);
  expect(leader?.logEndOffset).toBeGreaterThanOrEqual(quorum?.highWatermark ?? 0n);
  expect(Math.abs(Date.now() - Number(leader?.lastCaughtUpAt))).toBeLessThan(30_000);
});

test('asks the next broker when one is silent or away', async () => {
  await using admin = adminOf(silentAddress(), '127.0.0.1:1', ...brokers);
  expect((await admin.describeCluster()).brokers).toHaveLength(3);
  expect(await admin.describeQuorum({ timeoutMs: 120_000 })).toMatchObject({ voters: [{}, {}, {}] });
});

test('names no leader when none answers in time', async () => {
  await using admin = adminOf(silentAddress());
  expect(await admin.describeQuorum({ timeoutMs: 100 })).toBeUndefined();
});

test.each([
  ['nobody to ask', () => '127.0.0.1:1', /Kafka could not be reached to describe the cluster: /],
  [
    'nobody who answers',
    silentAddress,
    /Kafka could not be reached to describe the cluster: Request timed out/,
  ],
])('says so when there is %s', async (_what, address, message) => {
  await using admin = adminOf(address());
  const asking = admin.describeCluster();
  await expect(asking).rejects.toThrow(BrokerUnavailableError);
  await expect(asking).rejects.toThrow(message);
});
