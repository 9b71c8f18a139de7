import { mebibytes, table } from '@brew/cli/text';
import type { Drained, Task } from './drain.ts';
import { median } from './median.ts';
import { runScript } from './runScript.ts';

/** A way of reading a history. The first of several is the limit that the others are held against. */
export interface Way {
  name: string;
  drain(): Promise<Drained>;
}

/** Reads in a process of its own. */
export const drainInProcess = (task: Task, signal: AbortSignal): Promise<Drained> =>
  runScript('drain.ts', task, signal);

/** Lets each way read everything, in turns: what else happens on the machine happens to all of them. @returns a table of their rates */
export async function compareWays(ways: readonly Way[], count: number, rounds: number): Promise<string[]> {
  const all: Drained[][] = ways.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { name, drain }] of ways.entries()) {
      const drained = await drain();
      if (drained.records < count) throw new Error(`${name} read ${drained.records} of ${count} events.`);
      all[i]?.push(drained);
    }
  }
  const limit = median((all[0] ?? []).map(rateOf));
  const rows = ways.map(({ name }, i) => {
    const drained = all[i] ?? [];
    const rates = drained.map(rateOf);
    const memory = Math.max(...drained.map((one) => one.memory));
    return [
      name,
      `${Math.round(median(rates) / 1_000)} k`,
      `${Math.round(Math.max(...rates) / 1_000)} k`,
      (median(rates) / limit).toFixed(2),
      Number.isNaN(memory) ? '' : mebibytes(memory),
    ];
  });
  return table([['events a second', 'median', 'best', 'of the limit', 'memory'], ...rows], [1, 2, 3, 4]);
}

const rateOf = ({ records, seconds }: Drained) => records / seconds;
