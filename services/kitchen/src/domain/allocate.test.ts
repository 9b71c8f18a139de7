import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allocate } from './allocate.ts';

const freeSlots = fc.uniqueArray(fc.integer({ min: 1, max: 9 }));
const queue = fc
  .nat({ max: 20 })
  .map((length) => Array.from({ length }, (_, index) => ({ orderId: `order-${index}` })));

describe('allocate', () => {
  it('serves first who waited longest, and leaves the others waiting', () => {
    const waiting = [{ orderId: 'first' }, { orderId: 'second' }];
    expect(allocate([2], waiting, true)).toEqual([{ orderId: 'first', slot: 2 }]);
  });

  it('gives each free slot once, and leaves nobody waiting while one is free', () => {
    fc.assert(
      fc.property(freeSlots, queue, (slots, waiting) => {
        const given = allocate(slots, waiting, true).map(({ slot }) => slot);
        expect(given).toEqual(slots.slice(0, waiting.length));
      }),
    );
  });

  it('lets baristas take turns when preparation takes no time', () => {
    const waiting = ['a', 'b', 'c'].map((orderId) => ({ orderId }));
    expect(allocate([1, 2], waiting, false).map(({ slot }) => slot)).toEqual([1, 2, 1]);
  });
});
