import { expect, test } from '@jest/globals';
import { LARGEST_BATCH } from '../reader/compression.ts';
import { createRoom, ROOM, SHARE } from './room.ts';

const { signal } = new AbortController();

/** Whether a promise has resolved, once all that could has. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  promise.then(() => {
    over = true;
  });
  await new Promise(setImmediate);
  return over;
}

test('lets each hold its share, and more as long as there is room', () => {
  const room = createRoom();
  const [one, two] = [room.account(), room.account()];
  expect(one.hold(SHARE + ROOM)).toBe(true);
  expect(two.hold(SHARE)).toBe(true);
  expect(two.hold(SHARE + 1)).toBe(false);
  expect(one.hold(ROOM)).toBe(true);
  expect(two.hold(2 * SHARE)).toBe(true);
});

test('serves who waits in order, and lets nobody take more before them', async () => {
  const room = createRoom(LARGEST_BATCH);
  const [first, second, third, other] = [room.account(), room.account(), room.account(), room.account()];
  await first.waitForLargest(signal);
  expect(first.isWanted).toBe(false);
  const turns = [second.waitForLargest(signal), third.waitForLargest(signal)] as const;
  expect(await isOver(turns[0])).toBe(false);
  expect([first.isWanted, second.isWanted]).toEqual([true, false]);
  expect(other.hold(SHARE)).toBe(true);
  expect(other.hold(SHARE + 1)).toBe(false);
  first.hold(0);
  expect(await isOver(turns[0])).toBe(true);
  expect(await isOver(turns[1])).toBe(false);
  second.hold(0);
  await turns[1];
});

test('keeps the others in their places when somebody leaves whose turn it is just now', async () => {
  const room = createRoom(LARGEST_BATCH);
  const [first, second, third] = [room.account(), room.account(), room.account()];
  await first.waitForLargest(signal);
  const leaving = new AbortController();
  const turns = [second.waitForLargest(leaving.signal), third.waitForLargest(signal)] as const;
  first.hold(0);
  leaving.abort();
  await turns[0];
  second.hold(0);
  expect(await isOver(turns[1])).toBe(true);
});

test('serves those behind who leaves', async () => {
  const room = createRoom(LARGEST_BATCH);
  const [first, second, third] = [room.account(), room.account(), room.account()];
  await first.waitForLargest(signal);
  const leaving = new AbortController();
  const left = second.waitForLargest(leaving.signal);
  leaving.abort();
  await left;
  await second.waitForLargest(leaving.signal);
  expect(first.isWanted).toBe(false);
  first.hold(0);
  await third.waitForLargest(signal);
});
