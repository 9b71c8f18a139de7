import { BrewError } from '@brew/events';
import { expect, test } from '@jest/globals';
import { createDeadLetterQueue, provenanceOf } from './deadLetters.ts';
import { DeadLetterFailedError } from './errors.ts';
import type { OutgoingRecord, ReceivedRecord } from './record.ts';

const record: ReceivedRecord = {
  topic: 'brew.orders.v1',
  partition: 3,
  offset: 42n,
  key: 'order-1',
  value: Buffer.from([0, 1, 2]),
  headers: { ce_id: 'e1', traceparent: '00-…' },
  timestamp: new Date('2026-01-02T03:04:05.678Z'),
};
const at = new Date('2026-01-02T03:04:06.000Z');
const failed = (error: unknown) =>
  ({ reason: 'failed', error, attempts: 5, firstFailedAt: at, lastFailedAt: at }) as const;

test('tells where a record came from and what was wrong with it', () => {
  const headers = provenanceOf(
    record,
    failed(new BrewError('BREW_RECORD_UNDECODABLE', 'bad bytes')),
    'kitchen',
  );
  expect(headers).toEqual({
    dlq_group: 'kitchen',
    dlq_reason: 'failed',
    dlq_source_topic: 'brew.orders.v1',
    dlq_source_partition: '3',
    dlq_source_offset: '42',
    dlq_source_timestamp: '2026-01-02T03:04:05.678Z',
    dlq_error_name: 'BrewError',
    dlq_error_message: 'bad bytes',
    dlq_error_code: 'BREW_RECORD_UNDECODABLE',
    dlq_error_stack: expect.stringContaining('deadLetters.test.ts'),
    dlq_attempts: '5',
    dlq_first_failed_at: '2026-01-02T03:04:06.000Z',
    dlq_last_failed_at: '2026-01-02T03:04:06.000Z',
  });
});

test('cuts an endless message, so that the record still fits its topic', () => {
  const headers = provenanceOf(record, failed(new Error('x'.repeat(3_000_000))), 'kitchen');
  expect(Buffer.byteLength(JSON.stringify(headers))).toBeLessThan(20_000);
});

test('describes what was thrown without being an error', () => {
  expect(provenanceOf(record, failed('plain text'), 'g')).toMatchObject({
    dlq_error_name: 'string',
    dlq_error_message: 'plain text',
  });
});

function createQueue(send: (records: readonly OutgoingRecord[]) => Promise<void>) {
  const parked = new Set<string>();
  const queue = createDeadLetterQueue({
    group: 'kitchen',
    producer: { send },
    parkedKeys: {
      has: async (topic, keys) => new Set(keys.filter((key) => parked.has(`${topic}/${key}`))),
      add: async (topic, key) => void parked.add(`${topic}/${key}`),
    },
  });
  return { queue, parked };
}

test('passes a record on under its own key, with its own bytes and headers', async () => {
  const sent: OutgoingRecord[] = [];
  const { queue } = createQueue(async (records) => void sent.push(...records));
  await queue.park(record, failed(new Error('no')));
  expect(sent).toMatchObject([
    { topic: 'kitchen.dlq', key: 'order-1', value: record.value, headers: record.headers },
  ]);
  expect(await queue.parkedKeys('brew.orders.v1', ['order-1', 'order-2'])).toEqual(new Set(['order-1']));
});

test('does not mark a key whose record it could not send', async () => {
  const { queue, parked } = createQueue(() => Promise.reject(new Error('broker gone')));
  await expect(queue.park(record, failed(new Error('no')))).rejects.toThrow(DeadLetterFailedError);
  expect(parked.size).toBe(0);
});

test('parks no key for who does not depend on the order of records', async () => {
  const sent: OutgoingRecord[] = [];
  const queue = createDeadLetterQueue({
    producer: { send: async (records) => void sent.push(...records) },
    group: 'analytics',
  });
  await queue.park(record, failed(new Error('bad bytes')));
  expect(sent).toMatchObject([{ topic: 'analytics.dlq', key: 'order-1', value: record.value }]);
  expect(await queue.parkedKeys('brew.orders.v1', ['order-1'])).toEqual(new Set());
});
