import type { ReceivedRecord } from '@brew/kafka';
import { expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import { recordJson, renderRecord } from './renderRecord.ts';

const headers: Record<string, string> = {};
const parts = {
  topic: 'brew.orders.v1',
  value: null,
  partition: 3,
  offset: 42n,
  key: 'ada',
  headers,
  timestamp: new Date(),
};
const record = parts as ReceivedRecord;

it('shows all of a record, in as many lines as it takes in a terminal', () => {
  const text = 'a text that is longer than what is left of this line';
  const decoded = { record, decoded: { kind: 'text' as const, text } };
  const [whole = '', ...others] = renderRecord(decoded, 0, plain);
  expect(others).toEqual([]);
  expect(whole).toMatch(/^3\/42 {6}\d\d:\d\d:\d\d\.\d{3} {2}ada {2}a text that is longer .* this line$/);

  const lines = renderRecord(decoded, 60, plain);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^ {10}\w/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(lines.join(' ').replaceAll(/ +/g, ' ')).toBe(whole.replaceAll(/ +/g, ' '));
});

const letter = {
  ...parts,
  headers: {
    note: 'a\u001b[31m\nb',
    ...{ dlq_group: 'kitchen', dlq_reason: 'failed', dlq_attempts: '5' },
    ...{ dlq_source_topic: 'brew.orders.v1', dlq_source_partition: '2', dlq_source_offset: '7' },
    ...{
      dlq_error_name: 'InvalidEventError',
      dlq_error_code: 'BREW_EVENT_INVALID',
      dlq_error_message: 'Not a\u009b valid one.',
    },
  },
} as ReceivedRecord;

it('always says why a dead letter is one, and shows all headers when asked to', () => {
  const decoded = { record: letter, decoded: { kind: 'tombstone' as const } };
  const [, why, ...others] = renderRecord(decoded, 0, plain);
  expect(why?.trim()).toBe(
    'failed after 5 attempts: BREW_EVENT_INVALID Not a\\u009b valid one. (brew.orders.v1, partition 2, offset 7)',
  );
  expect(others).toEqual([]);
  expect(renderRecord(decoded, 0, plain, true)[2]?.trim()).toBe('note a\\u001b[31m\\nb');
  expect(JSON.parse(recordJson(decoded))).toMatchObject({
    headers: letter.headers,
    deadLetter: {
      group: 'kitchen',
      reason: 'failed',
      attempts: 5,
      source: { topic: 'brew.orders.v1', partition: 2, offset: 7 },
    },
  });
});

it('shows no more of a value than anybody reads', () => {
  const [line = ''] = renderRecord(
    { record, decoded: { kind: 'bytes', bytes: Buffer.alloc(3 << 20) } },
    0,
    plain,
  );
  expect(line.length).toBeLessThan(11_000);
  expect(line).toContain('3145728 bytes (3.0 MiB)');
});
