import { expect, it } from '@jest/globals';
import type { Sample } from './gauges.ts';
import { lagGrowth } from './lagGrowth.ts';

/** Samples of one group, ten seconds apart, whose topics get 100 records a second. */
const samples = (lags: number[]): Sample[] =>
  lags.map((lag, index) => ({
    at: index * 10_000,
    groups: { kitchen: { lag, produced: index * 1_000 } },
    outbox: {},
  }));

it('is what a group lost from the first third to the last, in seconds of what it gets', () => {
  expect(lagGrowth(samples([0, 100, 200, 300, 400, 500]))).toEqual({ kitchen: 4 });
  expect(lagGrowth(samples([500, 500, 500, 300, 100, 100]))).toEqual({ kitchen: -4 });
});

it('is not misled by a lag that jumps and always comes back', () => {
  expect(lagGrowth(samples([0, 300, 0, 300, 0, 300, 0, 300, 0])).kitchen).toBeLessThan(1);
});

it('is unknown without samples', () => {
  expect(lagGrowth([])).toEqual({});
});
