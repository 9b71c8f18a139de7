import { expect, test } from '@jest/globals';
import { accusationIn } from './accusation.ts';

const ours = { isOurs: true };
const plain = { isOurs: false };

test('errors that nobody caught, and work that was given up, are accused of', () => {
  for (const subject of [ours, plain]) {
    expect(accusationIn({ unhandled: 'boom' }, subject, {})).toBe('did not handle an error: boom');
    expect(accusationIn({ gaveUp: 'boom' }, subject, {})).toBe('gave up: boom');
    expect(accusationIn({ told: 'boom' }, subject, {})).toBeUndefined();
  }
});

test('our producer repeats what it could not send, and plain kafkajs tells its caller', () => {
  expect(accusationIn({ refused: 3, why: 'boom' }, ours, {})).toBe('not sent: boom');
  expect(accusationIn({ refused: 3, why: 'boom' }, plain, {})).toBeUndefined();
});

test('an alarm is false, but for what is deleted where records are', () => {
  const deleted = { alarm: 'deleted: t/0, offsets 0 to 100' };
  const parked = { alarm: 'parked 1 records' };
  expect(accusationIn(deleted, ours, {})).toMatch(/^false alarm: deleted/);
  expect(accusationIn(parked, ours, {})).toMatch(/^false alarm: parked/);
  expect(accusationIn(deleted, ours, { deletes: true })).toBeUndefined();
  expect(accusationIn(parked, ours, { deletes: true })).toMatch(/^false alarm: parked/);
});
