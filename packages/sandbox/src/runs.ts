import { rm } from 'node:fs/promises';
import { StopTimeoutError } from './errors.ts';
import { defaultDir, layout } from './paths.ts';
import { poll } from './poll.ts';
import { outsideFolder } from './postgres/folders.ts';
import { claim } from './processes/claim.ts';
import { isAlive } from './processes/processIdentity.ts';
import { endLeftovers, type RecordedProcess, type RunRecord, readRun } from './processes/runFile.ts';

// What another process may do about a run: `brew status`, `brew stop`, `brew down`.

/** A run as it is now. */
export interface Run extends RunRecord {
  /** Whether the process that started it lives; if not, it was killed, and `processes` are what it left behind. */
  alive: boolean;
}

/** What does not end in order within 15 s is killed; processes that are frozen, one group after the other, can take most of that twice. */
const stopTimeoutMs = 45_000;

/** What runs from a folder, with those of its processes that are alive; undefined when nothing does. */
export async function findRun(dir: string = defaultDir): Promise<Run | undefined> {
  const record = await readRun(dir);
  if (record === undefined) return undefined;
  const [alive, ...processes] = await Promise.all([record, ...record.processes].map(isAlive));
  const living = record.processes.filter((_, index) => processes[index]);
  return alive || living.length > 0 ? { ...record, alive: alive === true, processes: living } : undefined;
}

/**
 * Stops what runs from a folder, in order or (`now`) at once, and resolves when it is gone.
 *
 * @returns whether anything ran
 * @throws StopTimeoutError
 */
export async function stopRun(dir: string = defaultDir, { now = false } = {}): Promise<boolean> {
  const run = await findRun(dir);
  if (run === undefined) return false;
  if (run.alive) {
    process.kill(run.pid, 'SIGCONT'); // one that is frozen would never hear of it
    process.kill(run.pid, now ? 'SIGKILL' : 'SIGTERM');
    await untilGone(run);
  }
  await whileClaimed(dir, () => endLeftovers(dir, { now }));
  return true;
}

async function untilGone(recorded: Pick<RecordedProcess, 'pid' | 'identity'>): Promise<void> {
  const gone = async () => {
    if (await isAlive(recorded)) throw new StopTimeoutError(recorded.pid, stopTimeoutMs / 1000);
  };
  await poll(gone, { timeoutMs: stopTimeoutMs, signal: new AbortController().signal });
}

/**
 * Removes all data, logs and settings of a folder, and keeps the downloads. Ends what a killed run left there.
 *
 * @throws AlreadyRunningError when it is in use
 */
export async function removeData(dir: string = defaultDir): Promise<void> {
  const { data, config, logs } = layout(dir);
  await whileClaimed(dir, async () => {
    await endLeftovers(dir);
    for (const folder of [data, config, logs, outsideFolder(dir)])
      await rm(folder, { recursive: true, force: true });
  });
}

/** Nobody starts meanwhile. @throws AlreadyRunningError when somebody has */
async function whileClaimed(dir: string, work: () => Promise<void>): Promise<void> {
  const claimed = await claim(dir);
  await work().finally(claimed.release);
}
