import { readdir, readFile } from 'node:fs/promises';

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
export async function statOf(pid: number): Promise<ProcessStat | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // after the name, which may hold anything
  const sum = (...at: number[]) => at.reduce((total, index) => total + Number(fields[index]), 0);
  return { parent: sum(1), ticks: sum(11, 12), endedChildrenTicks: sum(13, 14) };
}

/** Every process of the machine, by pid. */
export async function processTable(): Promise<Map<number, ProcessStat>> {
  const table = new Map<number, ProcessStat>();
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) && (await statOf(Number(name)));
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
