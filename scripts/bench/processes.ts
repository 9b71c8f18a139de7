import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

// What /proc tells of processes, so this works on Linux only.

/** Clock ticks in a second, as /proc counts CPU time: 100 on every Linux that Node runs on. */
export const TICKS_PER_SECOND = 100;

export interface ProcessStat {
  parent: number;
  /** CPU time of its own, in clock ticks. */
  ticks: number;
  /** CPU time of children that have ended and were waited for. */
  endedChildrenTicks: number;
}

/** undefined when there is no such process (any more). */
export function statOf(pid: number): ProcessStat | undefined {
  let stat: string;
  try {
    // At once: it is in memory, and a promise for each of some hundred files costs more than to read them.
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // after the name, which may hold anything
  const sum = (...at: number[]) => at.reduce((total, index) => total + Number(fields[index]), 0);
  return { parent: sum(1), ticks: sum(11, 12), endedChildrenTicks: sum(13, 14) };
}

/** Every process of the machine, by pid. */
export function processTable(): Map<number, ProcessStat> {
  const table = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) && statOf(Number(name));
    if (stat) table.set(Number(name), stat);
  }
  return table;
}

/** A process and all below it. */
export function descendants(table: ReadonlyMap<number, ProcessStat>, ancestor: number): number[] {
  const belongs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === ancestor || belongs(table.get(pid)?.parent));
  return [...table.keys()].filter(belongs);
}

/**
 * Resident bytes as proportional set size: pages that processes share (PostgreSQL's buffers, Node's code) count once.
 */
export async function memory(pids: readonly number[]): Promise<number> {
  const sizes = pids.map(async (pid) => {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** CPU time of all cores together, in clock ticks: everything but idling and waiting for disks. */
export async function busyTicks(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  return user + nice + system + irq + softirq;
}
