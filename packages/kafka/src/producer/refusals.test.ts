import { expect, test } from '@jest/globals';
import { isContentRefused, SendFailedError } from '../errors.ts';
import type { OutgoingRecord } from '../record.ts';
import { defectOf } from './refusals.ts';

const record: OutgoingRecord = { topic: 't', key: 'k', value: Buffer.from('v'), headers: {} };

test('finds nothing wrong with headers that Kafka takes', () => {
  const rawHeaders = [
    ['none', null],
    ['twice', ''],
    ['twice', 'text'],
    [Buffer.from([0xff]), Buffer.alloc(0)],
  ] as const;
  expect(defectOf({ ...record, rawHeaders })).toBeUndefined();
});

test.each([
  ['a header without a name', [[undefined, 'x']]],
  ['a value that is a number', [['n', 1]]],
])('finds %s among the raw ones', (_title, rawHeaders) => {
  const defect = defectOf({ ...record, rawHeaders: rawHeaders as unknown as [string, string][] });
  expect(defect).toMatch(/^INVALID_RECORD: its header/);
});

test.each([null, 'text', 7, ['list']])('finds headers that are %p', (headers) => {
  expect(defectOf({ ...record, headers: headers as never })).toBe(
    'INVALID_RECORD: its headers are no object',
  );
});

test('counts the raw headers of a record that is too large for any broker', () => {
  const rawHeaders = [['large', Buffer.alloc(101 * 1024 * 1024)]] as const;
  expect(defectOf({ ...record, rawHeaders })).toBe('MESSAGE_TOO_LARGE');
});

test('knows what is the fault of a record by the name that Kafka gives it, however deep that lies', () => {
  const failed = (type: string) =>
    new SendFailedError('why', { retryable: false, cause: Object.assign(new Error(type), { type }) });
  expect(['MESSAGE_TOO_LARGE', 'INVALID_RECORD'].map((type) => isContentRefused(failed(type)))).toEqual([
    true,
    true,
  ]);
  expect(
    ['TOPIC_AUTHORIZATION_FAILED', 'NOT_LEADER_OR_FOLLOWER'].map((type) => isContentRefused(failed(type))),
  ).toEqual([false, false]);
});
