import type { Step } from '@brew/sandbox';
import { cut, duration, fit, type Paint } from '../text/format.ts';

const nameWidth = 18;

/** A step that has ended, with its time: "✔ kafka-1             8.2 s", "✔ Kafka jars          0.1 s  cached". */
export function renderStep({ name, state, ms, detail }: Step, paint: Paint): string {
  const mark = state === 'failed' ? paint('red', '✗') : paint('green', '✔');
  const text = `${fit(name, nameWidth)} ${fit(duration(ms), 12, 'right')}`;
  return `${mark} ${text}${detail === undefined ? '' : `  ${paint('dim', detail)}`}`;
}

/** The steps under way, one a line, with the time each has taken so far. */
export function renderUnderWay(
  startedAt: ReadonlyMap<string, number>,
  now: number,
  columns: number,
  paint: Paint,
): string {
  return [...startedAt]
    .map(([name, at]) =>
      cut(`${paint('cyan', '…')} ${fit(name, nameWidth)} ${fit(duration(now - at), 12, 'right')}`, columns),
    )
    .join('\n');
}
