import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deliveryTimeMs } from './deliveryTime.ts';

describe('deliveryTimeMs', () => {
  it('is the same for the same order', () => {
    expect(deliveryTimeMs('order-1', 480, 60)).toBe(deliveryTimeMs('order-1', 480, 60));
  });

  it('lies within a quarter of the usual time', () => {
    fc.assert(
      fc.property(fc.uuid({ version: 7 }), (orderId) => {
        const ms = deliveryTimeMs(orderId, 480, 60);
        expect(ms).toBeGreaterThanOrEqual(6_000);
        expect(ms).toBeLessThanOrEqual(10_000);
      }),
    );
  });

  it('spreads orders that were placed one after the other', () => {
    const times = Array.from({ length: 1_000 }, (_, index) =>
      deliveryTimeMs(`0197a000-0000-7000-8000-${String(index).padStart(12, '0')}`, 480, 60),
    );
    for (const from of [6_000, 7_000, 8_000, 9_000]) {
      // 250 on average; 150 is more than six standard deviations away.
      expect(times.filter((ms) => ms >= from && ms < from + 1_000).length).toBeGreaterThan(150);
    }
  });

  it('takes no time at speed 0', () => {
    expect(deliveryTimeMs('order-1', 480, 0)).toBe(0);
  });
});
