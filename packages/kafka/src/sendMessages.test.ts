import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. A batch goes to several brokers, and kafkajs repeats what one of them refused for now. Unpatched, it
 * does not wait for the others' answers first: what is still under way is sent again, under sequence numbers of its own, so that the
 * broker doesn't know it again. That happens with every topic of which one leader has not heard yet, in transactions as well.
 */
const require = createRequire(import.meta.url);
const createSendMessages = require('kafkajs/src/producer/sendMessages');
const { KafkaJSProtocolError } = require('kafkajs/src/errors');

const notLeader = () =>
  new KafkaJSProtocolError({
    type: 'NOT_LEADER_FOR_PARTITION',
    code: 6,
    retriable: true,
    message: 'not yet',
  });
const answer = (partition: number) => ({
  topics: [{ topicName: 'orders', partitions: [{ partition, errorCode: 0 }] }],
});

test('repeats what one broker refused, and not what another one still works on', async () => {
  const produced: number[] = [];
  const slow = Promise.withResolvers<void>();
  const brokers = [
    {
      nodeId: 0,
      async produce() {
        produced.push(0);
        if (produced.filter((node) => node === 0).length === 1) throw notLeader();
        return answer(0);
      },
    },
    {
      nodeId: 1,
      async produce() {
        produced.push(1);
        await slow.promise;
        return answer(1);
      },
    },
  ];
  const sendMessages = createSendMessages({
    logger: { debug() {}, error() {} },
    cluster: {
      targetTopics: new Set(['orders']),
      isConnected: () => true,
      async addMultipleTargetTopics() {},
      async refreshMetadata() {},
      async refreshMetadataIfNecessary() {},
      findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
      findLeaderForPartitions: () => ({ 0: [0], 1: [1] }),
      findBroker: async ({ nodeId }: { nodeId: string }) => brokers[Number(nodeId)],
    },
    partitioner: ({ message }: { message: { key: string } }) => Number(message.key),
    eosManager: {
      async acquireBrokerLock() {},
      async releaseBrokerLock() {},
      isTransactional: () => false,
      getSequence: () => 0,
      updateSequence() {},
      getProducerId: () => 1,
      getProducerEpoch: () => 0,
    },
    async retrier(attempt: (bail: (error: Error) => never) => Promise<unknown>) {
      const bail = (error: Error) => {
        throw error;
      };
      return attempt(bail).catch(() => attempt(bail));
    },
  });
  const sent = sendMessages({
    acks: -1,
    topicMessages: [{ topic: 'orders', messages: [{ key: '0' }, { key: '1' }] }],
  });
  await turn();
  await turn();
  slow.resolve();
  expect(await sent).toEqual([
    { topicName: 'orders', partition: 1, errorCode: 0 },
    { topicName: 'orders', partition: 0, errorCode: 0 },
  ]);
  expect(produced).toEqual([0, 1, 0]);
});
