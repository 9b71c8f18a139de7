import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createFaults, createNetwork } from '@brew/kafka/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askNode, askPostgres, askRegistry, clusterStatus, signOf } from './signsOfLife.ts';

const { brokers, registryUrl, postgresUrl } = infrastructure();
const portOf = (address: string) => Number(new URL(`tcp://${address}`).port);

/** Takes connections, and says nothing. */
const sockets: Socket[] = [];
const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
let silentPort: number;
beforeAll(async () => {
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  silentPort = (silent.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('what works gives a sign of life', async () => {
  const asks = [
    ...brokers.map((broker) => askNode(portOf(broker))),
    askRegistry(registryUrl),
    askPostgres(postgresUrl),
  ];
  expect(await Promise.all(asks.map(signOf))).toEqual(asks.map(() => ({ state: 'running' })));
});

test('what takes connections and says nothing does not answer', async () => {
  const at = (url: string) => {
    const moved = new URL(url);
    moved.port = `${silentPort}`;
    return moved.href;
  };
  const asks = [askNode(silentPort), askRegistry(at(registryUrl)), askPostgres(at(postgresUrl))];
  const none = { state: 'no_answer', standsStill: 'no answer within 2.5 s' };
  expect(await Promise.all(asks.map(signOf))).toEqual(asks.map(() => none));
  expect(await clusterStatus([`127.0.0.1:${silentPort}`])).toBeUndefined();
});

test('what answers that it can not is not ready, and says why', async () => {
  const wrong = await signOf(askRegistry(`${registryUrl}/nowhere`));
  expect(wrong).toEqual({ state: 'not_ready', standsStill: 'it answers 404' });
});

test('brokers that are slow to answer are not taken for a cluster without a controller', async () => {
  const [broker = ''] = brokers;
  await using network = createNetwork();
  const { host, port } = await network.via({
    host: new URL(`tcp://${broker}`).hostname,
    port: portOf(broker),
  });
  network.fault = createFaults(1, [{ chance: 1, fault: { delay: [2_600, 2_600] } }]);
  expect(await clusterStatus([`${host}:${port}`])).toBeUndefined();
});

test('the cluster tells whether it has a controller, and what its partitions lack', async () => {
  expect(await clusterStatus(brokers)).toEqual({
    underReplicated: expect.any(Number),
    leaderless: expect.any(Number),
    hasController: true,
  });
});
