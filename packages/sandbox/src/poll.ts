import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is there: what we start tells us nothing, so its facts are looked at.
 *
 * @param ask throws while the answer is not there yet
 * @param options.everyMs pause between two questions; every question costs the starting processes some CPU
 * @throws what `ask` threw last, when `timeoutMs` is over; the signal's reason, when it is aborted
 */
export async function poll<Answer>(
  ask: () => Promise<Answer>,
  { timeoutMs, everyMs = 100, signal }: { timeoutMs: number; everyMs?: number; signal: AbortSignal },
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  while (true) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await delay(everyMs, undefined, { signal });
  }
}
