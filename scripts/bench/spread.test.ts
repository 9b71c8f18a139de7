import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { spreadOf } from './spread.ts';

describe('spreadOf', () => {
  it('gives values that were seen, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(spreadOf(hundred)).toEqual({ count: 100, p50: 50, p99: 99, max: 100 });
    expect(spreadOf([7])).toEqual({ count: 1, p50: 7, p99: 7, max: 7 });
  });

  it('has nothing to say of nothing, so that no bar is met by it', () => {
    const { count, p99 } = spreadOf([]);
    expect(count).toBe(0);
    expect(p99 < 100).toBe(false);
  });

  it('has at least 99 of 100 values at or below its p99, and no smaller value has', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, (all) => {
        const { p99 } = spreadOf(all);
        expect(all).toContain(p99);
        expect(all.filter((value) => value <= p99).length).toBeGreaterThanOrEqual(0.99 * all.length);
        expect(all.filter((value) => value < p99).length).toBeLessThan(0.99 * all.length);
      }),
    );
  });
});
