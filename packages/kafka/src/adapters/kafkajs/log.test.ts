import { expect, test } from '@jest/globals';
import { logLevel } from 'kafkajs';
import { levelOf } from './log.ts';

const at = (level: logLevel) => (message: string, error?: string) =>
  levelOf({ level, log: { timestamp: '', message, ...(error && { error }) } });
const error = at(logLevel.ERROR);

test.each([
  ['Response GroupCoordinator(key: 10, version: 2)', 'The group coordinator is not available'],
  [
    'Response OffsetFetch(key: 9, version: 5)',
    "The coordinator is loading and hence can't process requests for this group",
  ],
  ['Response JoinGroup(key: 11, version: 5)', 'This is not the correct coordinator for this group'],
  [
    'Response Metadata(key: 3, version: 6)',
    'There is no leader for this topic-partition as we are in the middle of a leadership election',
  ],
  ['Response Produce(key: 0, version: 7)', 'This server is not the leader for that topic-partition'],
  ['Response Heartbeat(key: 12, version: 3)', 'The group is rebalancing, so a rejoin is needed'],
  ['Connection error: connect ECONNREFUSED 127.0.0.1:19092', undefined],
  ['Failed to connect to seed broker, trying another broker from the list: Connection timeout', undefined],
])('says at debug what kafkajs tries again by itself: %s %s', (message, cause) => {
  expect(error(message, cause)).toBe('debug');
});

test('says at debug how a consumer ended, since its restart is logged by us', () => {
  expect(error('Crash: KafkaJSNumberOfRetriesExceeded: broker went away')).toBe('debug');
});

test('keeps errors that nobody tries again', () => {
  expect(error('Response Produce(key: 0, version: 7)', 'Not authorized to access topics')).toBe('error');
  expect(error('Error when calling eachBatch')).toBe('error');
});

test('keeps warnings, and takes the chatter about joining and stopping for debug', () => {
  expect(at(logLevel.WARN)('Response without match')).toBe('warn');
  expect(at(logLevel.INFO)('Consumer has joined the group')).toBe('debug');
});
