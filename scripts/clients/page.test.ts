import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isBad, lineOf, tablesOf, withTable } from './page.ts';
import { scenarios } from './scenarios/index.ts';
import type { Result } from './stage.ts';
import { subjects } from './subjects.ts';

const [plain, ours] = subjects;
if (!plain || !ours) throw new Error('There are two at least.');

const result = (change: Partial<Result>): Result => ({
  ...{ scenario: 'leader', subject: ours, accusations: [], told: [] },
  ...{ sent: 12_000, acknowledged: 12_000, refused: 0, unanswered: 0 },
  ...{ read: 12_000, lost: 0, duplicated: 3, outOfOrder: 0 },
  ...{ longestStallMs: 1_234, cpuSecondsPerMillion: 99.6 },
  ...change,
});

test('what is lost, out of order or accused of is bad, and a duplicate is not', () => {
  expect(isBad(result({}))).toBe(false);
  expect(isBad(result({ lost: 1 }))).toBe(true);
  expect(isBad(result({ outOfOrder: 1 }))).toBe(true);
  expect(isBad(result({ accusations: ['goes on'] }))).toBe(true);
});

test('a sender that hears nothing is bad, one that is refused with our clients alone', () => {
  expect(isBad(result({ unanswered: 1 }))).toBe(true);
  expect(isBad(result({ unanswered: 1, subject: plain }))).toBe(true);
  expect(isBad(result({ refused: 1 }))).toBe(true);
  expect(isBad(result({ refused: 1, subject: plain }))).toBe(false);
  expect(lineOf(result({ unanswered: 120 }))).toMatch(/^✗ .*, 120 sent and never answered$/);
});

test('work that is all done twice is bad, not a part of it', () => {
  expect(isBad(result({ duplicated: 11_999 }))).toBe(false);
  expect(isBad(result({ duplicated: 12_000 }))).toBe(true);
});

test('what plain kafkajs is known for is said of our clients as it was seen', () => {
  const accusations = ['a commit went back from 7 to 5'];
  expect(lineOf(result({ accusations, subject: plain }))).toContain('commits what is not its own');
  expect(lineOf(result({ accusations }))).toContain('went back from 7 to 5');
});

test('a red cell says what happens, with a link, a yellow one how long nothing did, and all counts are below', () => {
  const told = ['of 36 lost (k0/40 …), 36 are not in the topic'];
  const bad = result({ subject: plain, lost: 36, told });
  const slow = result({ longestStallMs: 61_000 });
  expect(tablesOf([{ title: 'SIGKILL', results: [bad, slow, result({})] }])).toBe(
    [
      '| what is done | plain kafkajs | Brew on kafkajs | Brew on kafkajs |',
      '| --- | --- | --- | --- |',
      '| SIGKILL | 🔴 36 lost: says that records were sent that never were ([tulios/kafkajs#1303](https://github.com/tulios/kafkajs/issues/1303)) | 🟡 stood still for 61.0 s | ✅ |',
      '',
      '| counts of | client | sent | acknowledged | read | lost | duplicated | out of order | stall | CPU a million |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      '| SIGKILL | plain kafkajs | 12,000 | 12,000 | 12,000 | 36 | 3 | 0 | 1.2 s | 100 s |',
      '| SIGKILL | Brew on kafkajs | 12,000 | 12,000 | 12,000 | 0 | 3 | 0 | 61.0 s | 100 s |',
      '| SIGKILL | Brew on kafkajs | 12,000 | 12,000 | 12,000 | 0 | 3 | 0 | 1.2 s | 100 s |',
    ].join('\n'),
  );
  expect(lineOf(result({ accusations: ['stood still'] }))).toMatch(/^✗ Brew on kafkajs:.*, stood still$/);
});

test('the page has a column for each subject, and a row for each scenario', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/clients.md'), 'utf8');
  const head = page.split('\n').find((line) => line.startsWith('| what is done')) ?? '';
  expect(head.split('|').map((cell) => cell.trim())).toEqual([
    '',
    'what is done',
    ...subjects.map(({ title }) => title),
    '',
  ]);
  for (const { title } of scenarios) expect(page).toContain(`| ${title} `);
});

test('the table goes between its markers, and what stands around it stays', () => {
  const page =
    'before\n<!-- written by npm run clients: begin -->\nold\n<!-- written by npm run clients: end -->\nbehind\n';
  expect(withTable(page, 'new')).toBe(
    'before\n<!-- written by npm run clients: begin -->\n\nnew\n\n<!-- written by npm run clients: end -->\nbehind\n',
  );
  expect(() => withTable('nothing', 'new')).toThrow('lacks the lines');
});
