import type { Usage } from './cpu.ts';
import type { Result } from './result.ts';

/** How many files are worth to be told of. */
const SLOWEST = 10;

export interface Summary {
  results: readonly Result[];
  usage: readonly Usage[];
  /** How long all of it took. */
  seconds: number;
  /** Where they are, when something failed that has any. */
  logs?: string | undefined;
}

/** Whether everything that ran has passed. */
export const isGreen = (results: readonly Result[]): boolean => results.every(({ failed }) => failed === 0);

/** What is printed at the end, a line each; the last one counts. */
export function renderSummary({ results, usage, seconds, logs }: Summary): string[] {
  const skipped = results.flatMap((result) => result.skipped);
  const failures = results.flatMap((result) => result.failures);
  return [
    ...slowest(results),
    '',
    ...cpu(usage),
    ...(usage.length > 0 ? [''] : []),
    ...counts(results),
    `${'in all'.padEnd(14)} ${minutes(seconds)}`,
    ...(skipped.length > 0 ? ['', 'Skipped:'] : []),
    ...skipped.map(({ file, name, why }) => `  ${file}: ${name}: ${why}`),
    ...(failures.length > 0 ? ['', 'Failed:', ...failures.map((what) => `  ${what}`)] : []),
    ...(logs ? [`The logs of what ran are in ${logs}, until the next run.`] : []),
    '',
    lastLine(results, skipped.length),
  ];
}

function slowest(results: readonly Result[]): string[] {
  const files = results.flatMap((result) => result.files).sort((a, b) => b.seconds - a.seconds);
  if (files.length === 0) return [];
  const rows = files
    .slice(0, SLOWEST)
    .map(({ file, seconds }) => `${right(seconds.toFixed(1), 7)} s  ${file}`);
  return ['', 'The slowest files:', ...rows];
}

function cpu(usage: readonly Usage[]): string[] {
  if (usage.length === 0) return [];
  const row = (seconds: number, kind: string, processes: string) =>
    `${right(seconds.toFixed(1), 7)} s  ${kind.padEnd(16)}${processes}`.trimEnd();
  const total = usage.reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    'CPU time by kind of process, of the whole machine:',
    ...usage.map(({ kind, processes, seconds }) => row(seconds, kind, `${right(processes, 5)}`)),
    row(total, 'in all', ''),
  ];
}

/** Of each step, and none of those of which there was nothing. */
function counts(results: readonly Result[]): string[] {
  return [...Map.groupBy(results, ({ step }) => step)]
    .map(([step, some]) => ({ step, passed: sum(some, 'passed'), failed: sum(some, 'failed') }))
    .filter(({ passed, failed }) => passed + failed > 0)
    .map(
      ({ step, passed, failed }) =>
        `${step.padEnd(14)} ${right(passed, 5)} passed ${right(failed, 4)} failed`,
    );
}

function lastLine(results: readonly Result[], skipped: number): string {
  return `${sum(results, 'passed')} passed, ${sum(results, 'failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const sum = (results: readonly Result[], key: 'passed' | 'failed') =>
  results.reduce((total, result) => total + result[key], 0);

const right = (value: number | string, width: number) => String(value).padStart(width);

const minutes = (seconds: number) =>
  `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, '0')} s`;
