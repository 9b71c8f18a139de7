import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allocate } from './allocate.ts';

const cafeId = fc.constantFrom('cafe-001', 'cafe-002', 'cafe-003');
const freeSlots = fc.uniqueArray(fc.record({ cafeId, slot: fc.integer({ min: 1, max: 4 }) }), {
  selector: (slot) => `${slot.cafeId} ${slot.slot}`,
});
const queue = fc
  .array(cafeId)
  .map((cafes) => cafes.map((cafe, index) => ({ cafeId: cafe, orderId: `order-${index}` })));

describe('allocate', () => {
  it('serves first who waited longest, and leaves the others waiting', () => {
    const free = [{ cafeId: 'cafe-001', slot: 2 }];
    const waiting = [
      { orderId: 'first', cafeId: 'cafe-001' },
      { orderId: 'second', cafeId: 'cafe-001' },
    ];
    expect(allocate(free, waiting, true)).toEqual([{ orderId: 'first', cafeId: 'cafe-001', slot: 2 }]);
  });

  it('gives each slot once, and only to tickets of its own cafe', () => {
    fc.assert(
      fc.property(freeSlots, queue, (free, waiting) => {
        const given = allocate(free, waiting, true).map((ticket) => `${ticket.cafeId} ${ticket.slot}`);
        expect(new Set(given).size).toBe(given.length);
        expect(free.map((slot) => `${slot.cafeId} ${slot.slot}`)).toEqual(expect.arrayContaining(given));
      }),
    );
  });

  it('leaves nobody waiting while a slot of their cafe is free', () => {
    fc.assert(
      fc.property(freeSlots, queue, (free, waiting) => {
        const started = allocate(free, waiting, true);
        for (const { cafeId: cafe } of free) {
          const of = (tickets: { cafeId: string }[]) =>
            tickets.filter((ticket) => ticket.cafeId === cafe).length;
          expect(of(started)).toBe(Math.min(of(free), of(waiting)));
        }
      }),
    );
  });

  it('lets baristas take turns when preparation takes no time', () => {
    const free = [1, 2].map((slot) => ({ cafeId: 'cafe-001', slot }));
    const waiting = ['a', 'b', 'c'].map((orderId) => ({ orderId, cafeId: 'cafe-001' }));
    expect(allocate(free, waiting, false).map(({ slot }) => slot)).toEqual([1, 2, 1]);
  });
});
