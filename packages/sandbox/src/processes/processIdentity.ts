import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * What tells a process from a later one that got the same pid: its time of start. Undefined when there is no
 * such process (one that has ended and only waits for its parent to notice counts as none).
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** Whether a recorded process still runs, and is that one. */
export async function isAlive({ pid, identity }: { pid: number; identity: string }): Promise<boolean> {
  const now = await processIdentity(pid);
  // What records a process may lack its identity: a test that was killed has written one.
  return now !== undefined && now === identity;
}

/**
 * Start time, and whether it is over, from the text of /proc/PID/stat (proc(5), fields 3, 20 and 22). Field 2, the name, stands in
 * parentheses and may hold blanks and parentheses itself, so fields are counted from the last ")". Of a process that is killed, the first
 * thread may be gone while others still hold its ports.
 */
export function parseProcStat(stat: string): { isOver: boolean; startTicks: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startTicks] = [fields[0], fields[17], fields[19]];
  if (!state || !startTicks) return undefined;
  return { isOver: state === 'X' || (state === 'Z' && Number(threads) <= 1), startTicks };
}

async function fromProc(pid: number): Promise<string | undefined> {
  try {
    const parsed = parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (parsed === undefined || parsed.isOver) return undefined;
    // Ticks count from the boot, so they would repeat after the next one.
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()}:${parsed.startTicks}`;
  } catch {
    return undefined;
  }
}

async function fromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state, ...started] = stdout.trim().split(/\s+/);
    return state === undefined || state === '' || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}
