import { setTimeout as delay } from 'node:timers/promises';
import { createDiskWatch, freeMiB } from './disk.ts';
import { cutLog } from './processes/logFiles.ts';

/** How often it looks: a process that logs in a loop writes some hundred MB in this time. */
const TEND_MS = 1_000;

/**
 * Looks after what grows, until the signal is aborted: says when the disk gets full, and puts aside what is in logs that are too large.
 *
 * @param options.logs which there are by now
 */
export async function tend({
  dir,
  logs,
  onDisk,
  signal,
}: {
  dir: string;
  logs: () => string[];
  onDisk: (text: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  const watch = createDiskWatch(dir, onDisk);
  while (!signal.aborted) {
    watch(await freeMiB(dir));
    for (const log of logs()) await cutLog(log).catch(() => {}); // there is no room for that: the next time
    await delay(TEND_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}
