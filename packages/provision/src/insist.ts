import { setTimeout as sleep } from 'node:timers/promises';
import { BrewError } from '@brew/events';
import { isOutage } from '@brew/postgres';

/**
 * How long what is provisioned may take to answer. It has passed its health check by then, but on a busy machine even that is no promise, and
 * nobody starts a job again that has failed.
 */
export const PATIENCE_MS = 300_000;
const PAUSE_MS = 2_000;

/**
 * Tries again, for five minutes, what may pass: an outage, or an error that says of itself that it can be retried.
 * @param say is told of each failure that is not the last
 * @throws what the last attempt threw; the signal's reason
 */
export async function insist<Result>(
  attempt: () => Promise<Result>,
  say: (failure: Error) => void,
  signal?: AbortSignal,
): Promise<Result> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const mayPass = (error instanceof BrewError && error.retryable) || isOutage(error);
      if (!mayPass || performance.now() > deadline) throw error;
      say(error as Error);
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
