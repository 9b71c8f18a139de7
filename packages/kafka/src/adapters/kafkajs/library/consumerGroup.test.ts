import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. A group's coordinator changes when its broker dies or is restarted. Unpatched, kafkajs goes on
 * asking the old one until it gives up; what comes back then is a new member, which waits for the session of the old one. So it
 * took half a minute more than the cluster itself until anything was read.
 */
const require = createRequire(import.meta.url);
const ConsumerGroup = require('kafkajs/src/consumer/consumerGroup');
const { KafkaJSConnectionError, KafkaJSProtocolError } = require('kafkajs/src/errors');
const { createErrorFromCode } = require('kafkajs/src/protocol/error');

const silent = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => silent };
const NOT_COORDINATOR = 16;
const REBALANCE_IN_PROGRESS = 27;

/** A member of a group whose coordinator answers heartbeats with `error`, and whose next one, if there is any, with success. */
function memberOf({ error, next }: { error: Error; next: boolean }) {
  const asked: string[] = [];
  const coordinator = (name: string, answer: () => Promise<void>) => ({
    name,
    heartbeat: ({ memberId, groupGenerationId }: { memberId: string; groupGenerationId: number }) => {
      asked.push(`${name}: ${memberId} of generation ${groupGenerationId}`);
      return answer();
    },
  });
  const cluster = {
    findGroupCoordinator: async () => {
      if (!next) throw new Error('nobody knows');
      return coordinator('next', async () => {});
    },
  };
  const group = new ConsumerGroup({
    cluster,
    groupId: 'g',
    topics: [],
    logger: silent,
    instrumentationEmitter: { emit() {} },
  });
  const before = coordinator('before', () => Promise.reject(error));
  Object.assign(group, { coordinator: before, memberId: 'm', generationId: 7, lastRequest: 0 });
  group.offsetManager = { coordinator: before };
  const commitsGoTo = (): string => group.offsetManager.coordinator.name;
  return { asked, heartbeat: () => group.heartbeat({ interval: 0 }), commitsGoTo };
}

test.each([
  ['says that it is none any more', createErrorFromCode(NOT_COORDINATOR)],
  ['is gone', new KafkaJSConnectionError('connect ECONNREFUSED')],
])('follows its coordinator when that %s, as the member that it is', async (_, error) => {
  const { asked, heartbeat, commitsGoTo } = memberOf({ error, next: true });
  await expect(heartbeat()).rejects.toBe(error); // kafkajs tries again
  await heartbeat();
  expect(asked).toEqual(['before: m of generation 7', 'next: m of generation 7']);
  expect(commitsGoTo()).toBe('next');
});

test('stays with its coordinator when that is all there is, or has something else to say', async () => {
  const gone = memberOf({ error: createErrorFromCode(NOT_COORDINATOR), next: false });
  await expect(gone.heartbeat()).rejects.toThrow(KafkaJSProtocolError);
  await expect(gone.heartbeat()).rejects.toThrow(KafkaJSProtocolError);
  expect(gone.asked).toHaveLength(2);

  const rebalancing = memberOf({ error: createErrorFromCode(REBALANCE_IN_PROGRESS), next: true });
  await expect(rebalancing.heartbeat()).rejects.toThrow(KafkaJSProtocolError);
  expect(rebalancing.commitsGoTo()).toBe('before');
});
