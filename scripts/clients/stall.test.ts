import { expect, test } from '@jest/globals';
import { longestStall } from './stall.ts';

const sent = (number: number, at: number, acknowledgedAt = at) => ({ key: 'a', number, at, acknowledgedAt });
const to = (until: number) => ({ since: 0, until });
const handled = (number: number, at: number) => ({ key: 'a', number, at });

test('what is not sent yet is not waited for', () => {
  expect(
    longestStall([sent(0, 1_000), sent(1, 5_000)], [handled(0, 1_100), handled(1, 5_700)], to(5_700)),
  ).toBe(700);
});

test('each key is waited for, whatever comes of others', () => {
  const records = [sent(0, 1_000), { ...sent(0, 1_000), key: 'b' }];
  const done = [handled(0, 1_010), { ...handled(0, 3_000), key: 'b' }];
  expect(longestStall(records, done, to(3_000))).toBe(2_000);
});

test('a backlog that is worked off is no stall', () => {
  const records = [0, 1, 2, 3].map((number) => sent(number, number));
  const done = records.map(({ number }) => handled(number, 1_000 + 300 * number));
  expect(longestStall(records, done, { since: 900, until: 1_900 })).toBe(300);
});

test('who sends in vain waits from the first attempt on', () => {
  const refused = [1, 2, 3].map((number) => ({ key: 'a', number, at: 1_000 * number }));
  const records = [sent(0, 0), ...refused, sent(4, 4_000)];
  expect(longestStall(records, [handled(0, 10), handled(4, 4_100)], to(4_100))).toBe(3_100);
});

test('a sender waits until it hears that its record is there', () => {
  expect(longestStall([sent(0, 1_000, 9_000)], [handled(0, 1_001)], to(9_000))).toBe(8_000);
});

test('whoever begins late has not made anybody wait before', () => {
  expect(longestStall([sent(0, 1_000)], [handled(0, 9_000)], { since: 8_900, until: 9_000 })).toBe(100);
});

test('who never hears what became of a record waits until the end, and of one that was refused until then', () => {
  const done = [handled(0, 1_010)];
  expect(longestStall([{ key: 'a', number: 0, at: 1_000 }], done, to(61_000))).toBe(60_000);
  const refused = { key: 'a', number: 0, at: 1_000, refusedAt: 3_000 };
  expect(longestStall([refused], done, to(61_000))).toBe(2_000);
});

test('what is never handled is waited for until the end', () => {
  expect(
    longestStall([sent(0, 1_000), sent(1, 2_000), sent(2, 9_000)], [handled(0, 1_010)], to(12_000)),
  ).toBe(10_000);
  expect(longestStall([sent(0, 1_000)], [], to(12_000))).toBe(11_000);
});
