import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createArrivals } from './arrivals.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('createArrivals', () => {
  it('brings each arrival at its own time, the gaps scaled by the rate', () => {
    const begin = performance.now();
    const times: number[] = [];
    const gaps = [1, 0.5, 2, 1];
    const arrivals = createArrivals({
      rate: 10,
      next: (n) => ({ gap: gaps[n] ?? Number.MAX_SAFE_INTEGER }),
      onArrival: () => times.push(Math.round(performance.now() - begin)),
    });
    arrivals.start();
    jest.advanceTimersByTime(1_000);
    arrivals.stop();
    expect(times).toEqual([100, 150, 350, 450]);
  });

  it('is not slowed by arrivals that take long: it catches up with those who came meanwhile', () => {
    const begin = performance.now();
    let count = 0;
    const due: number[] = [];
    const arrivals = createArrivals({
      rate: 10,
      next: () => ({ gap: 1 }),
      onArrival: (_arrival, _n, dueAt) => {
        count += 1;
        due.push(Math.round(dueAt - begin));
        // The first one blocks the event loop for a second, in which ten more arrive.
        if (count === 1) jest.advanceTimersByTime(1_000);
      },
    });
    arrivals.start();
    jest.advanceTimersByTime(100);
    arrivals.stop();
    expect(count).toBe(11);
    // Each is told its own time, late as it is called: whoever measures delays counts from there.
    expect(due.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, n) => (n + 1) * 100));
  });

  it('brings nobody after it was stopped', () => {
    let count = 0;
    const arrivals = createArrivals({ rate: 10, next: () => ({ gap: 1 }), onArrival: () => count++ });
    arrivals.start();
    jest.advanceTimersByTime(1_000);
    arrivals.stop();
    jest.advanceTimersByTime(1_000);
    expect(count).toBe(10);
  });
});
