import { expect, test } from '@jest/globals';
import { createSteps, type Step } from './steps.ts';

test('tells when a step begins and ends, how long it took and what came of it', async () => {
  const told: Step[] = [];
  const step = createSteps((each) => told.push(each));
  expect(
    await step(
      'format',
      async () => 3,
      (count) => `${count} nodes`,
    ),
  ).toBe(3);
  expect(told).toEqual([
    { name: 'format', state: 'started', ms: expect.any(Number) },
    { name: 'format', state: 'done', ms: expect.any(Number), detail: '3 nodes' },
  ]);
});

test('tells of a step that fails, and fails with it', async () => {
  const told: Step[] = [];
  const step = createSteps((each) => told.push(each));
  const failing = step('quorum', async () => {
    throw new Error('no leader');
  });
  await expect(failing).rejects.toThrow('no leader');
  expect(told.map(({ state }) => state)).toEqual(['started', 'failed']);
});
