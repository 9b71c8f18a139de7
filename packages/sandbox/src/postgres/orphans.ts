import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '../processes/processIdentity.ts';

const GONE_MS = 5_000;

/**
 * Ends the processes that a killed server has left on these data. They end by themselves when they notice it, but one that is stopped does
 * not, and as long as one has the old memory no server starts again. Only on Linux, which tells where a process stands.
 *
 * @param data of which no server is the master any more
 * @returns the pids of those that it has ended
 */
export async function endOrphans(data: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const folder = await realpath(data);
  const found = await Promise.all((await readdir('/proc')).map((pid) => orphanIn(folder, Number(pid))));
  const orphans = found.filter((pid) => pid !== undefined);
  for (const pid of orphans) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {} // it has ended meanwhile
  }
  const deadline = performance.now() + GONE_MS;
  while (performance.now() < deadline) {
    const left = await Promise.all(orphans.map(processIdentity));
    if (left.every((identity) => identity === undefined)) break;
    await delay(20);
  }
  return orphans;
}

/** A pid, if it is that of a process of PostgreSQL on these data whose server is gone: its title begins with who it is. */
async function orphanIn(folder: string, pid: number): Promise<number | undefined> {
  if (!(pid > 0) || !(await standsIn(folder, pid))) return undefined;
  const [title, status] = await Promise.all(
    ['cmdline', 'status'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
  );
  const parent = Number(status?.match(/^PPid:\s*(\d+)/m)?.[1]);
  return title?.startsWith('postgres') && !(await standsIn(folder, parent)) ? pid : undefined;
}

/** False also of one that has ended, and of those that we may not look at. */
const standsIn = (folder: string, pid: number): Promise<boolean> =>
  readlink(`/proc/${pid}/cwd`).then(
    (cwd) => cwd === folder,
    () => false,
  );
