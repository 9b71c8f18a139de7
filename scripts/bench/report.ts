import { duration, mebibytes, table } from '@brew/cli/text';
import type { RunResult } from './run.ts';
import type { Spread } from './spread.ts';
import { OTHERS, type UsageReport } from './usage.ts';
import type { Bar } from './verdict.ts';

const NUMBERS = [1, 2, 3, 4];

/** Everything that was measured at one rate, for people. */
export function renderRun(result: RunResult): string[] {
  const { rate, seconds, load, orders, usage, drainedAfterMs } = result;
  const refused = Object.entries(load.refused).map(([why, count]) => `, ${count} × ${why}`);
  const perMinute = Math.round((load.accepted / seconds) * 60);
  return [
    '',
    `${rate} orders a minute for ${seconds} s: ${load.sent} sent, ${load.accepted} accepted (${perMinute} a minute)${refused.join('')}`,
    drainedAfterMs === undefined
      ? 'orders were still under way when the wait for them was given up'
      : `the last order had ended ${duration(drainedAfterMs)} after it was sent`,
    '',
    ...table(
      [
        ['milliseconds', 'p50', 'p99', 'max'],
        spreadRow('intake (due to answered)', load.latency),
        spreadRow('  of it, sent late', load.late),
        ...Object.entries(orders.steps).map(([step, spread]) => spreadRow(`placed to ${step}`, spread)),
      ],
      NUMBERS,
    ),
    '',
    ...renderLag(result),
    '',
    ...table(
      [
        ['', 'CPU % of a core', 'memory'],
        ...usage.processes.map(({ name, cpu, memory, part }) => [
          part ? `  ${name}` : name,
          cpu.toFixed(1),
          memory === undefined ? '' : mebibytes(memory),
        ]),
        ['the machine', usage.machine.toFixed(1), ''],
      ],
      NUMBERS,
    ),
    ...renderDisturbance(usage),
    '',
  ];
}

/** Percent of one core from which on the machine was not ours alone. */
const DISTURBED = 20;

function renderDisturbance({ processes }: UsageReport): string[] {
  const others = processes.find(({ name }) => name === OTHERS)?.cpu ?? 0;
  if (others < DISTURBED) return [];
  return [`${OTHERS} took ${others.toFixed(0)} % of a core: these numbers are not the system's alone`];
}

function renderLag({ samples, drained, growth }: RunResult): string[] {
  const end = samples.at(-1);
  const groups = Object.keys(drained.groups);
  return table(
    [
      ['records', 'lag at the end', 'most', 'growth in s', 'after draining', 'outbox at the end'],
      ...groups.map((group) => [
        group,
        String(end?.groups[group]?.lag ?? ''),
        String(Math.max(...samples.map((sample) => sample.groups[group]?.lag ?? 0))),
        (growth[group] ?? Number.NaN).toFixed(2),
        String(drained.groups[group]?.lag ?? ''),
        String(end?.outbox[group] ?? ''),
      ]),
    ],
    [...NUMBERS, 5],
  );
}

const spreadRow = (name: string, { p50, p99, max }: Spread) => [
  name,
  ...[p50, p99, max].map((value) => value.toFixed(value < 10 ? 1 : 0)),
];

export const renderBar = ({ what, met, seen }: Bar): string => `${met ? '✔' : '✗'} ${what}: ${seen}`;

/** A line of the table that a search for the highest rate prints. */
export function renderRate(result: RunResult, keptUp: boolean): string {
  const { rate, seconds, load, orders, samples, usage } = result;
  const lag = Math.max(...samples.flatMap(({ groups }) => Object.values(groups).map((group) => group.lag)));
  const cells = [
    String(rate),
    (load.accepted / seconds).toFixed(1),
    load.latency.p99.toFixed(0),
    (orders.steps.delivered?.p99 ?? Number.NaN).toFixed(0),
    String(lag),
    usage.machine.toFixed(0),
    keptUp ? 'kept up' : 'not kept up',
  ];
  return cells.map((cell, column) => cell.padStart(rateHeads[column]?.length ?? 0)).join('  ');
}

const rateHeads = ['orders/min', 'accepted/s', 'intake p99 ms', 'delivered p99 ms', 'max lag', 'CPU %'];
export const rateHead = rateHeads.join('  ');
