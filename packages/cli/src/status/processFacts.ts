import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { promisify } from 'node:util';

/** What the system tells of a process that runs. */
export interface ProcessFacts {
  residentBytes: number;
  uptimeMs: number;
  /** By SIGSTOP: it lives, and does nothing. */
  isFrozen: boolean;
}

/** Undefined when there is no such process. */
export function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  return (process.platform === 'linux' ? fromProc(pid) : fromPs(pid)).catch(() => undefined);
}

/** Clock ticks per second in /proc (USER_HZ): 100 on every architecture that Linux has (proc(5), time(7)). */
const TICKS = 100;

const FROZEN = 'T';

async function fromProc(pid: number): Promise<ProcessFacts> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  // Fields are counted from the last ")": the name before it may hold blanks. Field 3 is the state, field 22 the start, after the boot.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTicks = Number(fields[19]);
  return {
    residentBytes: kibibytes * 1024,
    uptimeMs: Math.max(0, uptime() * 1_000 - (startTicks * 1_000) / TICKS),
    isFrozen: fields[0] === FROZEN,
  };
}

async function fromPs(pid: number): Promise<ProcessFacts> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=,etime=,state=', '-p', String(pid)]);
  const [rss = '', elapsed = '0', state = ''] = stdout.trim().split(/\s+/);
  return {
    residentBytes: Number(rss) * 1024,
    uptimeMs: parseElapsed(elapsed) * 1_000,
    isFrozen: state.startsWith(FROZEN),
  };
}

/** Seconds of ps's [[days-]hours:]minutes:seconds. */
export function parseElapsed(text: string): number {
  const [clock = '', days = '0'] = text.split('-').reverse();
  return clock.split(':').reduce((total, part) => total * 60 + Number(part), 0) + Number(days) * 86_400;
}
