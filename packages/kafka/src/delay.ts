import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms` milliseconds, or until `signal` is aborted, whichever comes first. Never throws. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** Resolves when `signal` is aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/**
 * Waits for `work`, but no longer than `ms` milliseconds, and no longer than until `signal` is aborted: says whether it ended in time.
 * Never throws.
 */
export async function within(ms: number, work: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  const bound = new AbortController();
  const first = signal ? AbortSignal.any([bound.signal, signal]) : bound.signal;
  const ended = work.then(
    () => true,
    () => true,
  );
  const endedInTime = await Promise.race([ended, delay(ms, first).then(() => false)]);
  bound.abort();
  return endedInTime;
}

/** What `work` resolves to. @throws what it throws, or that it has not ended in time */
export async function inTime<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  if (await within(Math.max(0, ms), work)) return work;
  throw new Error('no answer in time');
}
