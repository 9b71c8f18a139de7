import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { Admin as KafkaAdmin } from 'kafkajs';
import { topicOffsets } from './offsets.ts';

const require = createRequire(import.meta.url);
const { createErrorFromCode } = require('kafkajs/src/protocol/error');

const OFFSET_OUT_OF_RANGE = 1;
const LEADER_NOT_AVAILABLE = 5;

/** An admin whose brokers answer with these errors first. Real ones do so for the moment after an election. */
function adminOf(...errors: (number | Error)[]) {
  const fetchTopicOffsets = async () => {
    const error = errors.shift();
    if (error !== undefined) throw typeof error === 'number' ? createErrorFromCode(error) : error;
    return [{ partition: 0, offset: '7', low: '2', high: '7' }];
  };
  return { fetchTopicOffsets } as unknown as KafkaAdmin;
}

test('waits for a leader that has just been elected', async () => {
  const admin = adminOf(LEADER_NOT_AVAILABLE, LEADER_NOT_AVAILABLE);
  expect(await topicOffsets(admin, 'orders')).toEqual([{ partition: 0, earliest: 2n, latest: 7n }]);
});

test('asks again when what kafkajs knew of the topic was overtaken by an older answer', async () => {
  const admin = adminOf(new TypeError("Cannot destructure property 'partitions' of 'high.pop(...)'"));
  expect(await topicOffsets(admin, 'orders')).toHaveLength(1);
});

test('does not wait when time would not help', async () => {
  await expect(topicOffsets(adminOf(OFFSET_OUT_OF_RANGE), 'orders')).rejects.toMatchObject({
    type: 'OFFSET_OUT_OF_RANGE',
  });
});
