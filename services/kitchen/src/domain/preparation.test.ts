import { describe, expect, it } from '@jest/globals';
import { millisecondsAt, preparationSeconds } from './preparation.ts';

const drink = (quantity: number, seconds: number) => ({
  category: 'drink' as const,
  quantity,
  preparationSeconds: seconds,
});
const food = (quantity: number, seconds: number) => ({
  ...drink(quantity, seconds),
  category: 'food' as const,
});

describe('preparationSeconds', () => {
  it('makes drinks one after the other', () => {
    expect(preparationSeconds([drink(2, 40), drink(1, 30)])).toBe(110);
  });

  it('warms all the food at once', () => {
    expect(preparationSeconds([food(3, 60), food(1, 90)])).toBe(90);
  });

  it('makes drinks while the food is in the oven', () => {
    expect(preparationSeconds([drink(1, 40), food(1, 60)])).toBe(60);
    expect(preparationSeconds([drink(2, 40), food(1, 60)])).toBe(80);
  });
});

describe('millisecondsAt', () => {
  it('is so many times faster than life', () => {
    expect(millisecondsAt(1, 90)).toBe(90_000);
    expect(millisecondsAt(60, 90)).toBe(1_500);
  });

  it('takes no time at speed 0', () => {
    expect(millisecondsAt(0, 90)).toBe(0);
  });
});
