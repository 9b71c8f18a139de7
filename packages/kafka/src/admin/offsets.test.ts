import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { Admin as KafkaAdmin } from 'kafkajs';
import { topicOffsets } from './offsets.ts';

/**
 * Of patches/kafkajs@2.2.4.patch as well. A broker that was just elected refuses until it has heard of it, and one that leads no more refuses
 * for ever. Unpatched, kafkajs asks the same one until its metadata is five minutes old.
 */
const require = createRequire(import.meta.url);
const createAdmin = require('kafkajs/src/admin');
const { createErrorFromCode } = require('kafkajs/src/protocol/error');

/** Asks for offsets while they are refused with this code, until the metadata has been asked for again. */
function offsetsAfter(code: number) {
  let isFresh = false;
  const cluster = {
    addTargetTopic: async () => {},
    refreshMetadataIfNecessary: async () => {},
    async refreshMetadata() {
      isFresh = true;
    },
    findTopicPartitionMetadata: () => [{ partitionId: 0 }],
    async fetchTopicsOffset([{ fromBeginning }]: [{ fromBeginning: boolean }]) {
      if (!isFresh) throw createErrorFromCode(code);
      return [{ topic: 'orders', partitions: [{ partition: 0, offset: fromBeginning ? '2' : '7' }] }];
    },
  };
  const logger = { namespace: () => ({ debug() {}, error() {} }) };
  const admin: KafkaAdmin = createAdmin({ logger, cluster, retry: { retries: 0 } });
  return topicOffsets(admin, 'orders');
}

const refusals = {
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_FOR_PARTITION: 6,
  REPLICA_NOT_AVAILABLE: 9,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
};
test.each(Object.entries(refusals))('asks whoever leads now after %s', async (_name, code) => {
  expect(await offsetsAfter(code)).toEqual([{ partition: 0, earliest: 2n, latest: 7n }]);
});

test('asks again when what kafkajs knew of the topic was overtaken by an older answer', async () => {
  const failures = [new TypeError("Cannot destructure property 'partitions' of 'high.pop(...)'")];
  const fetchTopicOffsets = async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    return [{ partition: 0, offset: '7', low: '2', high: '7' }];
  };
  const admin = { fetchTopicOffsets } as unknown as KafkaAdmin;
  expect(await topicOffsets(admin, 'orders')).toHaveLength(1);
});

test('does not wait when time would not help', async () => {
  const OFFSET_OUT_OF_RANGE = 1;
  await expect(offsetsAfter(OFFSET_OUT_OF_RANGE)).rejects.toMatchObject({ type: 'OFFSET_OUT_OF_RANGE' });
});
