import { expect, test } from '@jest/globals';
import { createLanes } from './lanes.ts';

test('runs works of one partition number one after the other', async () => {
  const lanes = createLanes(4);
  const first = Promise.withResolvers<void>();
  const order: string[] = [];
  const a = lanes.run(1, async () => {
    order.push('a begins');
    await first.promise;
    order.push('a ends');
  });
  const b = lanes.run(1, async () => order.push('b'));
  await lanes.run(2, async () => order.push('other lane'));
  first.resolve();
  await Promise.all([a, b]);
  expect(order).toEqual(['a begins', 'other lane', 'a ends', 'b']);
});

test('goes on after a work that failed', async () => {
  const lanes = createLanes(2);
  await expect(lanes.run(0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(lanes.run(0, async () => 'yes')).resolves.toBe('yes');
});

test('runs no more works at the same time than there are lanes', async () => {
  const lanes = createLanes(3);
  let running = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  };
  await Promise.all(Array.from({ length: 30 }, (_, partition) => lanes.run(partition, work)));
  expect(most).toBe(3);
});
