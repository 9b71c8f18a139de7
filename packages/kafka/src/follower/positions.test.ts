import { expect, test } from '@jest/globals';
import { createPositions } from './positions.ts';

const at = (partition: number, position: bigint) => ({ topic: 't', partition, position, topicId: 'first' });

const settled = async (promise: Promise<void>) =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ]);

test('is caught up when every partition is read to where it ended at the start', async () => {
  const positions = createPositions();
  positions.begin(at(0, 0n), 5n);
  positions.begin(at(1, 2n), 4n);
  positions.complete();
  positions.advance(at(0, 5n));
  expect(await settled(positions.caughtUp)).toBe(false);
  positions.advance(at(1, 4n));
  expect(await settled(positions.caughtUp)).toBe(true);
});

test('is caught up at once with empty partitions, but not before all are known', async () => {
  const positions = createPositions();
  positions.begin(at(0, 7n), 7n);
  expect(await settled(positions.caughtUp)).toBe(false);
  positions.complete();
  expect(await settled(positions.caughtUp)).toBe(true);
});

test('never goes back', () => {
  const positions = createPositions();
  positions.begin(at(0, 3n), 3n);
  positions.advance(at(0, 9n));
  positions.advance(at(0, 4n));
  expect(positions.of('t', 0)).toBe(9n);
});

test('takes nothing from work on a topic that was made anew since', () => {
  const positions = createPositions();
  positions.begin(at(0, 0n), 200n);
  positions.begin({ ...at(0, 0n), topicId: 'second' }, 50n);
  positions.advance(at(0, 200n));
  expect([...positions.all()]).toEqual([{ ...at(0, 0n), topicId: 'second' }]);
});

test('reads a partition that was added later from its beginning', () => {
  const positions = createPositions();
  expect(positions.of('t', 6)).toBe(0n);
  positions.advance(at(6, 1n));
  expect([...positions.all()]).toEqual([at(6, 1n)]);
});
