import { readFile } from 'node:fs/promises';
import { type System, services } from '@brew/sandbox';
import {
  busyTicks,
  descendants,
  memory,
  type ProcessStat,
  processTable,
  TICKS_PER_SECOND,
} from './processes.ts';

/** What a process (PostgreSQL: all of its processes) took over a time. */
interface Usage {
  name: string;
  /** Percent of one core, averaged. */
  cpu: number;
  /** Bytes at the end; undefined for what is no process of ours. */
  memory?: number;
  /** A part of the process above it. */
  part?: boolean;
}

export interface UsageReport {
  processes: Usage[];
  /** Percent of one core that the whole machine was busy with, other programs included. */
  machine: number;
}

/** What of the machine's time went to nobody whom we started, as a line of the report. */
export const OTHERS = 'other programs';

/** @param generator pid of the load generator */
export async function watchUsage(system: System, generator: number): Promise<() => Promise<UsageReport>> {
  const begun = performance.now();
  const before = await count(system, generator);
  const busyBefore = await busyTicks();
  /** The time is over: what was taken in it. */
  return async () => {
    const after = await count(system, generator);
    const seconds = (performance.now() - begun) / 1000;
    const percent = (ticks: number) => (ticks / TICKS_PER_SECOND / seconds) * 100;
    const machine = percent((await busyTicks()) - busyBefore);
    const processes = await Promise.all(
      [...after].map(async ([name, { ticks, pids, part }]): Promise<Usage> => {
        const cpu = percent(ticks - (before.get(name)?.ticks ?? 0));
        return { name, cpu, ...(part ? { part } : { memory: await memory(pids) }) };
      }),
    );
    const ours = processes.filter(({ part }) => !part).reduce((sum, { cpu }) => sum + cpu, 0);
    return { processes: [...processes, { name: OTHERS, cpu: machine - ours }], machine };
  };
}

interface Count {
  ticks: number;
  pids: number[];
  part?: true;
}

/** As they are printed, whichever was the first to start. */
const order = ['kafka-1', 'kafka-2', 'kafka-3', 'postgres', 'registry', ...services.map(({ name }) => name)];

async function count(system: System, generator: number): Promise<Map<string, Count>> {
  const table = processTable();
  const counts = new Map<string, Count>();
  const running = new Map(system.processes().map(({ name, pid }) => [name, pid]));
  for (const name of order) {
    const pid = running.get(name);
    if (pid === undefined) continue;
    const pids = descendants(table, pid);
    counts.set(name, { ticks: ticksOf(table, pids, true), pids });
    if (name === 'postgres') for (const part of await databases(table, pids)) counts.set(...part);
  }
  counts.set('load generator', { ticks: ticksOf(table, [generator], true), pids: [generator] });
  // The others are its children: what of them has ended is not its own work.
  counts.set('this benchmark', { ticks: ticksOf(table, [process.pid], false), pids: [process.pid] });
  return counts;
}

function ticksOf(
  table: ReadonlyMap<number, ProcessStat>,
  pids: readonly number[],
  withEnded: boolean,
): number {
  return pids.reduce((sum, pid) => {
    const stat = table.get(pid);
    return sum + (stat?.ticks ?? 0) + (withEnded ? (stat?.endedChildrenTicks ?? 0) : 0);
  }, 0);
}

/** The connections by database; PostgreSQL writes it into their titles: "postgres: ROLE DATABASE HOST(PORT) STATE". */
async function databases(
  table: ReadonlyMap<number, ProcessStat>,
  pids: readonly number[],
): Promise<[string, Count][]> {
  const parts = new Map<string, Count>();
  for (const pid of pids) {
    const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const database = /^postgres: \S+ (\S+) \S+\(\d+\)/.exec(title)?.[1];
    if (database === undefined) continue;
    const part = parts.get(database) ?? { ticks: 0, pids: [], part: true };
    parts.set(database, {
      ticks: part.ticks + ticksOf(table, [pid], false),
      pids: [...part.pids, pid],
      part: true,
    });
  }
  return [...parts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([database, part]) => [`database ${database}`, part]);
}
