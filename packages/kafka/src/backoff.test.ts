import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoff } from './backoff.ts';

const policy = fc.record({
  initialMs: fc.integer({ min: 1, max: 10_000 }),
  maxMs: fc.integer({ min: 1, max: 100_000 }),
});
const failures = fc.integer({ min: 1, max: 2_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('never waits longer than its ceiling, nor less than nothing', () => {
  fc.assert(
    fc.property(failures, policy, random, (n, p, r) => {
      const wait = backoff(n, p, r);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(p.maxMs, p.initialMs * 2 ** (n - 1)));
      expect(Number.isInteger(wait)).toBe(true);
    }),
  );
});

test('doubles the ceiling with each failure until the maximum', () => {
  const ceilings = [1, 2, 3, 4, 5, 6].map((n) => backoff(n, { initialMs: 100, maxMs: 1_000 }, 0.999_999) + 1);
  expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('spreads the waits over all of the time below the ceiling', () => {
  fc.assert(
    fc.property(failures, policy, random, random, (n, p, r, s) => {
      const [low, high] = [Math.min(r, s), Math.max(r, s)];
      expect(backoff(n, p, low)).toBeLessThanOrEqual(backoff(n, p, high));
      expect(backoff(n, p, 0)).toBe(0);
    }),
  );
});
