/** Notices that every record fails, as after a bad deployment, before the topics are emptied into the dead letters. */
export interface Breaker {
  /** Whether nothing succeeds. Then nothing is parked, but tried again. */
  readonly isOpen: boolean;
  /** Since when it is. */
  readonly openSince: Date | undefined;
  /** How often something has succeeded. */
  readonly successes: number;
  /** How often it was open, and has closed: something has succeeded after all. */
  readonly closings: number;
  /** A record was handled: it is not everything that fails. */
  succeeded(): void;
  /**
   * A record is out of attempts.
   * @param id of its key, or of itself if it has none: many records of one key are one failure
   * @returns whether this is the one with which it opens
   */
  failed(id: string): boolean;
  /** Whether one record may be parked although it is open; at most once a minute, and not before two minutes have passed. */
  lets(): boolean;
}

/** So many failures in a row, of different keys and over all partitions, without a single success in between. */
const FAILURES = 10;
const PATIENCE_MS = 120_000;
const EVERY_MS = 60_000;

/**
 * A circuit breaker (https://martinfowler.com/bliki/CircuitBreaker.html). One for a consumer: what succeeds in any partition closes it.
 *
 * It can't be told from ten failures alone whether the code is bad or ten records are, in a topic where little else comes. So it does not
 * stay shut for ever: a record a minute goes to the dead letters, which is some hundreds until somebody has slept, not a topic.
 *
 * @param now the clock, in milliseconds
 */
export function createBreaker(now: () => number = Date.now): Breaker {
  const failed = new Set<string>();
  let openSince: number | undefined;
  let nextLet = 0;
  let successes = 0;
  let closings = 0;

  return {
    get isOpen() {
      return openSince !== undefined;
    },
    get openSince() {
      return openSince === undefined ? undefined : new Date(openSince);
    },
    get successes() {
      return successes;
    },
    get closings() {
      return closings;
    },
    succeeded() {
      successes += 1;
      if (openSince !== undefined) closings += 1;
      failed.clear();
      openSince = undefined;
    },
    failed(id) {
      failed.add(id);
      if (openSince !== undefined || failed.size < FAILURES) return false;
      openSince = now();
      nextLet = openSince + PATIENCE_MS;
      return true;
    },
    lets() {
      if (now() < nextLet) return false;
      nextLet = now() + EVERY_MS;
      return true;
    },
  };
}
