/** How many calls may be under way at the same time, of somebody who may be slow. */
export interface Pace {
  readonly atOnce: number;
  succeeded(): void;
  /** It did not answer in time, or only that it can't. */
  failed(): void;
}

/**
 * Fewer while they fail, down to one, and more again as they succeed: additive increase, multiplicative decrease (RFC 5681). Whoever answers a
 * few in time, but not all at once, would otherwise answer none.
 */
export function createPace(most: number): Pace {
  let atOnce = most;
  return {
    get atOnce() {
      return Math.ceil(atOnce);
    },
    succeeded() {
      atOnce = Math.min(most, atOnce + 1);
    },
    failed() {
      atOnce = Math.max(1, atOnce * 0.8);
    },
  };
}
