import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. A batch goes to several brokers, and kafkajs repeats what one of them refused for now. Unpatched, it
 * does not wait for the others' answers first, and forgets what a broker has answered when it connects to it anew, or when a partition
 * gets another leader: what is in the log already is sent again, under sequence numbers of its own, so that no broker knows it again.
 * That happens with every topic of which one leader has not heard yet, and on every bad network, in transactions as well.
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

interface Produce {
  topicData: { partitions: { partition: number }[] }[];
}

/** Sends two records, one to each of two partitions. The first request to broker 0 fails. */
function sendToTwo({
  answersFrom1 = Promise.resolve(),
  leaders = () => ({ 0: [0], 1: [1] }),
  failure = notLeader(),
}: {
  answersFrom1?: Promise<void>;
  /** Partitions by broker, in the first attempt and in the second one. */
  leaders?: (attempt: number) => Record<number, number[]>;
  /** Of the first request to broker 0. */
  failure?: Error;
}) {
  const produced: string[] = [];
  let attempt = 0;
  const brokerOf = (nodeId: string) => ({
    nodeId,
    async produce({ topicData }: Produce) {
      const partitions = topicData.flatMap((topic) => topic.partitions.map(({ partition }) => partition));
      produced.push(`${partitions} to ${nodeId}`);
      if (nodeId === '0' && attempt === 1) throw failure;
      if (nodeId === '1') await answersFrom1;
      return {
        topics: [
          {
            topicName: 'orders',
            partitions: partitions.map((partition) => ({ partition, errorCode: 0 })),
          },
        ],
      };
    },
  });
  const sendMessages = createSendMessages({
    logger: { debug() {}, error() {} },
    cluster: {
      targetTopics: new Set(['orders']),
      isConnected: () => true,
      async addMultipleTargetTopics() {
        attempt++;
      },
      async refreshMetadata() {},
      async refreshMetadataIfNecessary() {},
      findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
      findLeaderForPartitions: (_topic: string, partitions: string[]) =>
        Object.fromEntries(
          Object.entries(leaders(attempt))
            .map(([node, led]) => [node, led.filter((each) => partitions.includes(String(each)))] as const)
            .filter(([, led]) => led.length > 0),
        ),
      // As after a connection that broke: a new object for the same broker.
      findBroker: async ({ nodeId }: { nodeId: string }) => brokerOf(nodeId),
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
    async retrier(attemptOnce: (bail: (error: Error) => never) => Promise<unknown>) {
      const bail = (error: Error) => {
        throw error;
      };
      return attemptOnce(bail).catch((error: { retriable: boolean }) => {
        if (!error.retriable) throw error;
        return attemptOnce(bail);
      });
    },
  });
  const sent = sendMessages({
    acks: -1,
    topicMessages: [{ topic: 'orders', messages: [{ key: '0' }, { key: '1' }] }],
  });
  return { sent, produced };
}

const both = [
  { topicName: 'orders', partition: 1, errorCode: 0 },
  { topicName: 'orders', partition: 0, errorCode: 0 },
];

test('repeats what one broker refused, and not what another one still works on', async () => {
  const slow = Promise.withResolvers<void>();
  const { sent, produced } = sendToTwo({ answersFrom1: slow.promise });
  await turn();
  await turn();
  slow.resolve();
  expect(await sent).toEqual(both);
  expect(produced).toEqual(['0 to 0', '1 to 1', '0 to 0']);
});

test.each([
  ['repeats nothing that was acknowledged, though its partition has another leader by then', '0'],
  ['sends what was refused to whoever leads it by then, also to a broker that has answered before', '1'],
])('%s', async (_title, leaderOfBoth) => {
  const { sent, produced } = sendToTwo({
    leaders: (attempt) => (attempt === 1 ? { 0: [0], 1: [1] } : { [leaderOfBoth]: [0, 1] }),
  });
  expect(await sent).toEqual(both);
  expect(produced).toEqual(['0 to 0', '1 to 1', `0 to ${leaderOfBoth}`]);
});

/** What a broker answers to a request of which it takes partition 1 and refuses partition 0. */
function answerTo(type: string, code: number, retriable: boolean) {
  const partitions = [
    { partition: 0, errorCode: code },
    { partition: 1, errorCode: 0 },
  ];
  const error = new KafkaJSProtocolError({ type, code, retriable, message: 'no' });
  return Object.assign(error, { response: { topics: [{ topicName: 'orders', partitions }] } });
}
const oneBroker = () => ({ 0: [0, 1] });

test('tells what became of each partition when one is refused for good', async () => {
  const { sent } = sendToTwo({ leaders: oneBroker, failure: answerTo('MESSAGE_TOO_LARGE', 10, false) });
  const { outcome } = await sent.catch((error: unknown) => error);
  expect(outcome.acknowledged).toEqual([{ topicName: 'orders', partition: 1, errorCode: 0 }]);
  expect([...outcome.refused]).toMatchObject([['orders/0', { type: 'MESSAGE_TOO_LARGE' }]]);
});

test('repeats of an answer only what was refused for now', async () => {
  const failure = answerTo('NOT_LEADER_FOR_PARTITION', 6, true);
  const { sent, produced } = sendToTwo({ leaders: oneBroker, failure });
  await sent;
  expect(produced).toEqual(['0,1 to 0', '0 to 0']);
});
