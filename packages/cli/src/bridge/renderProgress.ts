import { BrewError } from '@brew/events';
import { clock, duration, type Paint } from '../text/format.ts';

export interface Moment {
  records: number;
  deadLetters: number;
  perSecond: number;
  /** How many records there are to do; undefined when Kafka does not say. */
  behind: number | undefined;
  /** What it waits for. */
  lastError: unknown;
}

const count = (value: number) => Math.round(value).toLocaleString('en');

/** A line a second. */
export function renderMoment(moment: Moment, paint: Paint): string {
  const { records, deadLetters, perSecond, behind, lastError } = moment;
  return [
    paint('dim', clock(new Date())),
    `records ${count(records)}`,
    `a second ${count(perSecond)}`,
    `behind ${behind === undefined ? '?' : count(behind)}`,
    ...(deadLetters > 0 ? [paint('red', `dead letters ${count(deadLetters)}`)] : []),
    ...(lastError === undefined ? [] : [paint('red', `waiting: ${reasonOf(lastError)}`)]),
  ].join('  ');
}

const reasonOf = (error: unknown) =>
  error instanceof BrewError ? error.message : `Kafka can not be written at the moment (${String(error)})`;

/** What is said at the end. */
export function renderEnd(
  {
    records,
    deadLetters,
    ms,
    caughtUp,
  }: { records: number; deadLetters: number; ms: number; caughtUp: boolean },
  group: string,
  paint: Paint,
): string[] {
  const how = `${count(records)} records in ${duration(ms)}`;
  return [
    caughtUp
      ? `${paint('green', '✔')} caught up: ${how}`
      : `Stopped after ${how}. The next start goes on from here.`,
    ...(deadLetters > 0
      ? [paint('red', `${count(deadLetters)} of them are in ${group}.dlq; their headers say why.`)]
      : []),
  ];
}
