import { expect, test } from '@jest/globals';
import { createHoldUps } from './holdUps.ts';

const at = { topic: 't', partition: 0, offset: 5n, key: 'k' };
const later = { ...at, offset: 7n };
const error = new Error('no');

test('tells of what has been in hand for too long, with what went wrong', () => {
  let now = 0;
  const holdUps = createHoldUps(() => now);
  holdUps.begin(at);
  expect(holdUps.longest).toBeUndefined();
  now = 10_000;
  expect(holdUps.longest).toEqual({ ...at, since: new Date(0), error: undefined, others: 0 });
  holdUps.set(at, { at, error, waits: false });
  expect(holdUps.longest).toEqual({ ...at, since: new Date(0), error, others: 0 });
  expect(holdUps.waitsFor).toBeUndefined();
  holdUps.set(at, { at, error, waits: true });
  expect(holdUps.waitsFor).toBe(error);
  holdUps.end(at);
  expect([holdUps.longest, holdUps.waitsFor]).toEqual([undefined, undefined]);
});

test('begins to count anew when it is another record that waits', () => {
  let now = 0;
  const holdUps = createHoldUps(() => now);
  holdUps.begin(at);
  now = 10_000;
  holdUps.set(at, { at: later, error, waits: false });
  expect(holdUps.longest).toBeUndefined();
  now = 20_000;
  expect(holdUps.longest).toMatchObject({ offset: 7n, since: new Date(10_000) });
});

test('counts on when the same record is begun again', () => {
  let now = 0;
  const holdUps = createHoldUps(() => now);
  holdUps.begin(at);
  now = 10_000;
  holdUps.begin(at);
  expect(holdUps.longest).toMatchObject({ offset: 5n, since: new Date(0) });
});

test('names what has waited for longest, and counts the other partitions', () => {
  let now = 0;
  const holdUps = createHoldUps(() => now);
  for (const [since, partition] of [2, 0, 1, 3].entries()) {
    now = since;
    holdUps.begin({ ...at, partition });
  }
  now = 10_002;
  expect(holdUps.longest).toMatchObject({ partition: 2, others: 2 });
});
