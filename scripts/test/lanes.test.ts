import { expect, test } from '@jest/globals';
import { inLanes, type Job } from './lanes.ts';

/** Jobs that go on until they are told to end; `begun` has the names of those that have begun. */
function jobs(...widths: number[]) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = widths.map(
    (width, index): Job<number> => ({
      width,
      run: () =>
        new Promise((resolve) => {
          begun.push(index);
          ends[index] = () => resolve(index);
        }),
    }),
  );
  const end = async (index: number) => {
    ends[index]?.();
    await new Promise(setImmediate);
  };
  return { all, begun, end };
}

test('begins as many as there are lanes for, and the next when one is through', async () => {
  const { all, begun, end } = jobs(1, 1, 1);
  const done = inLanes(2, all);
  expect(begun).toEqual([0, 1]);
  await end(1);
  expect(begun).toEqual([0, 1, 2]);
  await end(0);
  await end(2);
  expect(await done).toEqual([0, 1, 2]);
});

test('waits until there is room for a wide one, and lets nobody go before it', async () => {
  const { all, begun, end } = jobs(1, 2, 1);
  const done = inLanes(2, all);
  expect(begun).toEqual([0]);
  await end(0);
  expect(begun).toEqual([0, 1]);
  await end(1);
  await end(2);
  await done;
});

test('runs one that is wider than all lanes alone', async () => {
  const { all, begun, end } = jobs(5, 1);
  const done = inLanes(1, all);
  expect(begun).toEqual([0]);
  await end(0);
  await end(1);
  expect(await done).toEqual([0, 1]);
});

test('fails when one fails, after the others are through', async () => {
  const ended: string[] = [];
  const failing = { width: 1, run: () => Promise.reject(new Error('broken')) };
  const slow = {
    width: 1,
    async run() {
      await new Promise(setImmediate);
      ended.push('slow');
    },
  };
  await expect(inLanes<unknown>(2, [failing, slow])).rejects.toThrow('broken');
  expect(ended).toEqual(['slow']);
});
