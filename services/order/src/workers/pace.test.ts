import { expect, it } from '@jest/globals';
import { createPace } from './pace.ts';

it('lets fewer calls be made while they fail, never none, and as many as before once they succeed', () => {
  const pace = createPace(100);
  for (let i = 0; i < 10; i++) pace.failed();
  expect(pace.atOnce).toBe(11);
  for (let i = 0; i < 100; i++) pace.failed();
  expect(pace.atOnce).toBe(1);
  pace.succeeded();
  expect(pace.atOnce).toBe(2);
  for (let i = 0; i < 200; i++) pace.succeeded();
  expect(pace.atOnce).toBe(100);
});
