import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms` milliseconds, or until `signal` is aborted, whichever comes first. Never throws. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** Waits for `work`, but no longer than `ms` milliseconds: says whether it ended in time. Never throws. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const bound = new AbortController();
  const ended = work.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([ended, delay(ms, bound.signal).then(() => false)]);
  bound.abort();
  return inTime;
}
