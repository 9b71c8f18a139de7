import { duration, fit, type Paint } from '../text/format.ts';
import type { Progress } from './messages.ts';

const count = (value: number) => value.toLocaleString('en');
const BAR = 30;

/** How far a replay is, with its rate since it began. */
export interface ProgressModel {
  read: number;
  total: number;
  /** Records a second. */
  rate: number;
  /** Until it will be done, at that rate; undefined: nobody knows yet. */
  leftMs: number | undefined;
}

export function progressModel({ partitions }: Progress, elapsedMs: number): ProgressModel {
  const read = partitions.reduce((sum, { from, offset }) => sum + offset - from, 0);
  const total = partitions.reduce((sum, { from, until }) => sum + until - from, 0);
  const rate = elapsedMs > 0 ? (read * 1_000) / elapsedMs : 0;
  return { read, total, rate, leftMs: rate > 0 ? ((total - read) * 1_000) / rate : undefined };
}

/** One line: "430,000 of 1,001,000 records, 312,000 a second, 1.8 s left". */
export function renderProgress({ read, total, rate, leftMs }: ProgressModel): string {
  const left = leftMs === undefined || read >= total ? '' : `, ${duration(leftMs)} left`;
  return `${count(read)} of ${count(total)} records, ${count(Math.round(rate))} a second${left}`;
}

/** The same behind a bar, for a terminal. */
export function renderBar(model: ProgressModel, paint: Paint): string {
  const fraction = model.total > 0 ? Math.min(1, model.read / model.total) : 1;
  const full = Math.round(fraction * BAR);
  const bar = paint('green', '█'.repeat(full)) + paint('dim', '░'.repeat(BAR - full));
  return `${bar} ${fit(`${Math.floor(fraction * 100)} %`, 5, 'right')}  ${renderProgress(model)}`;
}

/** A line for each partition. */
export function renderPartitions({ partitions }: Progress): string[] {
  const name = ({ topic, partition }: (typeof partitions)[number]) => `${topic}/${partition}`;
  const width = Math.max(...partitions.map((each) => name(each).length));
  return partitions.map((each) => {
    const { from, offset, until } = each;
    return `  ${fit(name(each), width)}  ${count(offset - from)} of ${count(until - from)}`;
  });
}
