import { expect, test } from '@jest/globals';
import { byTopic, toMessage } from './messages.ts';

test('names each topic once', () => {
  const records = ['a', 'b', 'a'].map((topic) => ({ topic, key: 'k', value: null, headers: {} }));
  expect(byTopic(records).map(({ topic, messages }) => [topic, messages.length])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});

test('leaves the time of sending to what has none', () => {
  const record = { topic: 't', key: null, value: null, headers: {} };
  expect(toMessage({ ...record, timestamp: new Date(7) })).toHaveProperty('timestamp', '7');
  expect(toMessage({ ...record, timestamp: new Date(Number.NaN) })).not.toHaveProperty('timestamp');
});

test('sends headers that are to stay as they are before the others', () => {
  const rawHeaders = [['note', null]] as const;
  const { headers } = toMessage({
    topic: 't',
    key: null,
    value: null,
    rawHeaders,
    headers: { a: ['1', '2'] },
  });
  expect(headers).toEqual([
    ['note', null],
    ['a', '1'],
    ['a', '2'],
  ]);
});
