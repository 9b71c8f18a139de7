import type { RunResult } from './run.ts';

/** One demand on a run, and whether it was met. */
export interface Bar {
  what: string;
  met: boolean;
  /** What was seen. */
  seen: string;
}

const INTAKE_P99_MS = 100;
const DELIVERED_P99_MS = 2_000;
/**
 * How much further behind a group may be at the end than at the beginning, in seconds of what its topics get. A group
 * that is 1 % too slow is 1.2 s further behind after the two minutes that lie between the thirds of a run.
 */
const GROWTH_SECONDS = 1;

/** Whether the system keeps up with the rate: nothing is lost on the way, and no group falls behind. */
export function judgePace({ load, orders, growth }: RunResult): Bar[] {
  const refused = Object.entries(load.refused);
  const slowest = Object.entries(growth).sort(([, a], [, b]) => b - a)[0] ?? ['', Number.NaN];
  return [
    {
      what: 'every order accepted',
      met: load.sent > 0 && load.accepted === load.sent,
      seen: refused.length === 0 ? `${load.accepted}` : refused.map(([why, n]) => `${n} × ${why}`).join(', '),
    },
    {
      what: 'every order delivered',
      met: orders.placed > 0 && orders.delivered === orders.placed,
      seen: `${orders.delivered} of ${orders.placed}, ${orders.cancelled} cancelled`,
    },
    {
      what: 'lag not growing',
      met: slowest[1] < GROWTH_SECONDS,
      seen:
        slowest[1] <= 0
          ? "no group's grew"
          : `${slowest[0]}'s grew most, by ${slowest[1].toFixed(2)} s of its records`,
    },
  ];
}

/** Every promise that is made for promo day. */
export function judge(result: RunResult): Bar[] {
  const { load, orders } = result;
  const delivered = orders.steps.delivered?.p99 ?? Number.NaN;
  return [
    ...judgePace(result),
    {
      what: `intake p99 under ${INTAKE_P99_MS} ms`,
      met: load.latency.p99 < INTAKE_P99_MS,
      seen: `${load.latency.p99.toFixed(0)} ms`,
    },
    {
      what: `placed to delivered p99 under ${DELIVERED_P99_MS / 1000} s`,
      met: delivered < DELIVERED_P99_MS,
      seen: `${(delivered / 1000).toFixed(2)} s`,
    },
  ];
}
