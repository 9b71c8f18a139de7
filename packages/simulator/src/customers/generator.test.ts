import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Assortment, customer } from './generator.ts';

const sku = fc.stringMatching(/^[a-z]{3,12}$/);
const assortment: fc.Arbitrary<Assortment> = fc.record({
  cafes: fc.uniqueArray(fc.stringMatching(/^cafe-[0-9]{2}$/), { minLength: 1, maxLength: 20 }),
  menu: fc.uniqueArray(fc.record({ sku, category: fc.constantFrom('drink' as const, 'food' as const) }), {
    minLength: 1,
    maxLength: 20,
    selector: (entry) => entry.sku,
  }),
});
const seed = fc.integer();
const number = fc.nat();
const habits = { cancelRate: 0.1 };

describe('customer', () => {
  it('is the same for the same seed and number, whatever was asked before', () => {
    fc.assert(
      fc.property(seed, number, number, assortment, (seed, n, other, assortment) => {
        const first = customer(seed, n, assortment, habits);
        customer(seed, other, assortment, habits);
        expect(customer(seed, n, assortment, habits)).toEqual(first);
      }),
    );
  });

  it('orders only what is on the menu, each thing once, at a cafe that there is', () => {
    fc.assert(
      fc.property(seed, number, assortment, (seed, n, assortment) => {
        const { order } = customer(seed, n, assortment, habits);
        const skus = order.items.map((item) => item.sku);
        expect(assortment.cafes).toContain(order.cafeId);
        expect(assortment.menu.map((entry) => entry.sku)).toEqual(expect.arrayContaining(skus));
        expect(new Set(skus).size).toBe(skus.length);
        expect(skus.length).toBeGreaterThan(0);
        expect(order.items.every((item) => Number.isInteger(item.quantity) && item.quantity >= 1)).toBe(true);
      }),
    );
  });

  it('starts with a drink where the menu has one', () => {
    fc.assert(
      fc.property(seed, number, assortment, (seed, n, assortment) => {
        fc.pre(assortment.menu.some((entry) => entry.category === 'drink'));
        const [first] = customer(seed, n, assortment, habits).order.items;
        expect(assortment.menu.find((entry) => entry.sku === first?.sku)?.category).toBe('drink');
      }),
    );
  });

  it('comes with exponentially distributed gaps of mean 1, as a Poisson process wants', () => {
    const gaps = many(20_000, 7).map((one) => one.gap);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const shorterThanMean = gaps.filter((gap) => gap < 1).length / gaps.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(shorterThanMean).toBeCloseTo(1 - 1 / Math.E, 1);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });

  it('cancels as often as it is told, some at once and some late', () => {
    const delays = many(20_000, 7).flatMap((one) => one.cancelAfterMs ?? []);
    expect(delays.length / 20_000).toBeCloseTo(0.1, 1);
    expect(delays.some((delay) => delay <= 500)).toBe(true);
    expect(delays.some((delay) => delay >= 1_000)).toBe(true);
  });

  it('is a different crowd for another seed', () => {
    expect(many(50, 1)).not.toEqual(many(50, 2));
  });
});

function many(count: number, seed: number) {
  const assortment: Assortment = {
    cafes: ['cafe-01', 'cafe-02'],
    menu: [
      { sku: 'espresso', category: 'drink' },
      { sku: 'croissant', category: 'food' },
    ],
  };
  return Array.from({ length: count }, (_, n) => customer(seed, n, assortment, habits));
}
