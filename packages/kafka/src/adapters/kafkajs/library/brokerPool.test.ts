import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. A broker that is frozen accepts connections and keeps those that it has. Unpatched, kafkajs takes it for
 * connected, asks any such broker for what each of them knows, and waits ten seconds for each answer.
 */
const require = createRequire(import.meta.url);
const Broker = require('kafkajs/src/broker');
const BrokerPool = require('kafkajs/src/cluster/brokerPool');
const ConnectionPool = require('kafkajs/src/network/connectionPool');
const { KafkaJSConnectionError, KafkaJSRequestTimeoutError } = require('kafkajs/src/errors');

const silent = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => silent };
const TIMEOUT_MS = 3_000;

/** Three brokers that answered so many milliseconds ago. */
function poolOf(agesMs: [number, number, number], unreachable: number[] = []) {
  const asked: string[] = [];
  const pool = new BrokerPool({ connectionPoolBuilder: {}, logger: silent });
  for (const [node, ageMs] of agesMs.entries()) {
    pool.brokers[node] = {
      connectionPool: { lastAnswerAt: performance.now() - ageMs },
      isKnownToAnswer: () => false,
      async connect() {
        asked.push(`connect to ${node}`);
        if (unreachable.includes(node)) throw new KafkaJSConnectionError('away');
      },
      disconnect: async () => {},
    };
  }
  const ask = () =>
    pool.withBroker(async ({ nodeId }: { nodeId: string }) => asked.push(`ask ${nodeId}`) && nodeId);
  return { asked, ask };
}

test('asks whoever answered last', async () => {
  const { asked, ask } = poolOf([20_000, 10, 30_000]);
  expect(await ask()).toBe('1');
  expect(asked).toEqual(['connect to 1', 'ask 1']);
});

test('asks the next one when one is not to be reached', async () => {
  const { asked, ask } = poolOf([20_000, 10, 30_000], [1]);
  expect(await ask()).toBe('0');
  expect(asked).toEqual(['connect to 1', 'connect to 0', 'ask 0']);
});

test('says why when none is to be reached', async () => {
  await expect(poolOf([1, 2, 3], [0, 1, 2]).ask()).rejects.toThrow('away');
});

/** A broker that is connected, whose connections had their last answers so many milliseconds ago. */
function connectedBroker({ agesMs, underWay = false }: { agesMs: [number, number]; underWay?: boolean }) {
  const questions: string[] = [];
  const connectionPool = new ConnectionPool({ connectionTimeout: TIMEOUT_MS, logger: silent });
  for (const [i, connection] of connectionPool.pool.entries()) {
    connection.isConnected = () => true;
    connection.lastAnswerAt = performance.now() - agesMs[i as 0 | 1];
    if (underWay) connection.requestQueue.inflight.set(1, {});
  }
  connectionPool.send = async ({ request }: { request: { apiName: string } }) => {
    questions.push(request.apiName);
    throw new KafkaJSRequestTimeoutError('no answer');
  };
  const broker = new Broker({ connectionPool, logger: silent, versions: {} });
  broker.isGreeted = true;
  return { broker, questions };
}

test('asks one that has been silent whether it is there, before anything that may take long', async () => {
  const { broker, questions } = connectedBroker({ agesMs: [10_000, TIMEOUT_MS + 1] });
  await expect(broker.connect()).rejects.toBeInstanceOf(KafkaJSConnectionError);
  expect(questions).toEqual(['ApiVersions']);
});

test.each([
  ['that has answered something else meanwhile', { agesMs: [10_000, 0] }],
  ['that owes an answer', { agesMs: [10_000, 10_000], underWay: true }],
] as const)('does not ask one %s', async (_, state) => {
  const { broker, questions } = connectedBroker({ ...state, agesMs: [...state.agesMs] });
  await broker.connect();
  expect(questions).toEqual([]);
});
