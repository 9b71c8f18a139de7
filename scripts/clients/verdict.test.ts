import { expect, test } from '@jest/globals';
import { judge, type SentRecord } from './verdict.ts';

const sent = (key: string, number: number, at = number * 10): SentRecord => {
  return { key, number, at, acknowledgedAt: at };
};
const three = [sent('a', 0), sent('a', 1), sent('a', 2)];
const handled = (...numbers: number[]) => numbers.map((number, i) => ({ key: 'a', number, at: 100 + i }));

test('is content when each record is handled once, in its order', () => {
  expect(judge(three, handled(0, 1, 2), 100)).toMatchObject({
    sent: 3,
    acknowledged: 3,
    read: 3,
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
  });
});

test('takes for lost what was acknowledged and never handled, and nothing else', () => {
  const all = [...three, { key: 'a', number: 3, at: 30 }, sent('b', 0)];
  const { lost, lostRecords } = judge(all, handled(0, 2));
  expect(lost).toBe(2);
  expect(lostRecords.map(({ key, number }) => [key, number])).toEqual([
    ['a', 1],
    ['b', 0],
  ]);
});

test('a record that is handled again is a duplicate, and keeps the order', () => {
  expect(judge(three, handled(0, 1, 0, 1, 2))).toMatchObject({ lost: 0, duplicated: 2, outOfOrder: 0 });
});

test('a record that is handled for the first time after a later one of its key is out of order', () => {
  expect(judge(three, handled(0, 2, 1))).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 1 });
  const other = [...handled(0, 2), { key: 'b', number: 0, at: 200 }];
  expect(judge([...three, sent('b', 0)], other).outOfOrder).toBe(0);
});

test('goes by the times, whoever told first', () => {
  expect(judge(three, handled(0, 1, 2).toReversed()).outOfOrder).toBe(0);
});

test('what a batch of several at once has handled is not out of order', () => {
  const at = handled(0, 1, 2).map((record) => ({ ...record, at: 50 }));
  expect(judge(three, at)).toMatchObject({ duplicated: 0, outOfOrder: 0 });
});

test('tells what was refused from what its sender never heard of', () => {
  const all = [...three, { key: 'a', number: 3, at: 30 }, { key: 'a', number: 4, at: 40, refusedAt: 50 }];
  expect(judge(all, handled(0, 1, 2))).toMatchObject({ acknowledged: 3, refused: 1, unanswered: 1, lost: 0 });
});

test('a sender that hangs waits until the last thing that is known, or as long as it is told', () => {
  const hung = [...three, { key: 'a', number: 3, at: 30 }];
  expect(judge(hung, handled(0, 1, 2)).longestStallMs).toBe(100);
  expect(judge(hung, handled(0, 1, 2), 0, 60_030).longestStallMs).toBe(60_000);
});
