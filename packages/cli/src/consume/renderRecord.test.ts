import type { ReceivedRecord } from '@brew/kafka';
import { expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import { renderRecord } from './renderRecord.ts';

const record = { partition: 3, offset: 42n, key: 'ada', timestamp: new Date() } as ReceivedRecord;

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
