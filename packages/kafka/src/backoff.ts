/** How long to wait between attempts, in milliseconds, and how many attempts there are. */
export interface RetryPolicy {
  /** Attempts at one record, the first included, before it goes to the dead letters. */
  attempts: number;
  /** The ceiling of the first wait; it doubles with each further failure. */
  initialMs: number;
  /** No wait is longer than this. */
  maxMs: number;
}

/** Five attempts within some three seconds: enough for a deadlock or a restarting neighbour, not for a bug. */
export const defaultRetry: Readonly<RetryPolicy> = { attempts: 5, initialMs: 100, maxMs: 5_000 };

/**
 * Exponential backoff with full jitter: a random wait between nothing and `initialMs * 2^(failures - 1)`, capped
 * at `maxMs`. Full jitter because clients that failed together must not come back together.
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
 *
 * @param failures how often it has failed so far, from 1
 * @param random a number in [0, 1), for example from Math.random
 * @returns milliseconds
 */
export function backoff(
  failures: number,
  policy: Pick<RetryPolicy, 'initialMs' | 'maxMs'>,
  random: number,
): number {
  const ceiling = Math.min(policy.maxMs, policy.initialMs * 2 ** (Math.max(1, failures) - 1));
  return Math.floor(random * ceiling);
}
