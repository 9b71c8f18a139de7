import { expect, test } from '@jest/globals';
import { createEnds } from './ends.ts';

const upTo = (latest: number) => [{ topic: 'orders', partition: 0, earliest: 0, latest }];

test('a goal stays one until it is reached, however far the topics have gone on by then', () => {
  const ends = createEnds(upTo(10), 1_000);
  const position = ends.positionOf('orders', 0);
  position.next = 5;
  expect(ends.look(upTo(20), 2_000)).toBe(15);
  position.next = 10;
  expect(ends.completeAt()).toBe(1_000);
  ends.look(upTo(30), 3_000);
  position.next = 29;
  expect(ends.completeAt()).toBe(1_000);
  position.next = 30;
  expect(ends.completeAt()).toBe(3_000);
});
