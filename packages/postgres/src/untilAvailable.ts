import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isOutage } from './isOutage.ts';

/**
 * Runs `attempt` until it no longer fails with an outage: 0.2 s, 0.4 s … at most 2 s between attempts.
 * Throws what is no outage at once, and the signal's reason when it is aborted while waiting.
 */
export async function untilAvailable<T>(
  attempt: () => Promise<T>,
  { log, signal }: { log: Logger; signal?: AbortSignal | undefined },
): Promise<T> {
  for (let pause = 200; ; pause = Math.min(pause * 2, 2_000)) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!isOutage(error)) throw error;
      log.warn({ reason: (error as Error).message, pauseMs: pause }, 'waiting for PostgreSQL');
    }
    await sleep(pause * (0.5 + Math.random() / 2), undefined, signal ? { signal } : {});
  }
}
