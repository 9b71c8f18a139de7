import { counted, duration, grouped, type Paint } from '../text/format.ts';
import type { Totals } from './batches.ts';
import type { Batch } from './letters.ts';
import { safe } from './renderLetters.ts';

/** What of a batch has to be told: those that failed again, and those that can't go. */
export function renderBatch(
  { failed = [], skipped = [] }: Pick<Batch, 'failed' | 'skipped'>,
  group: string,
  paint: Paint,
): string[] {
  return [
    ...failed.map(({ id, error }) => `${paint('red', '✖')} ${group}/${id} failed again: ${safe(error)}`),
    ...skipped.map(({ id, why }) => `${paint('yellow', '!')} ${group}/${id} ${safe(why)}`),
  ];
}

const letters = ({ redriven, alreadyDone, discarded, failed }: Totals): number =>
  redriven + alreadyDone + discarded + failed;

/** "1,200 letters, 310 a second" */
export function renderProgress(totals: Totals, elapsedMs: number): string {
  const done = letters(totals);
  return `${counted(done, 'letter')}, ${grouped(Math.round((done * 1_000) / Math.max(1, elapsedMs)))} a second`;
}

/** What became of all of them, in a sentence. */
export function renderOutcome(
  what: 'redrive' | 'discard',
  group: string,
  totals: Totals,
  { ms, interrupted }: { ms: number; interrupted: boolean },
  paint: Paint,
): string {
  const { redriven, alreadyDone, discarded, failed, skipped, keysLetGo } = totals;
  const facts = [
    what === 'redrive'
      ? `${counted(redriven, 'letter')} redriven`
      : `${counted(discarded, 'letter')} discarded`,
    ...(alreadyDone > 0 ? [`${grouped(alreadyDone)} done already`] : []),
    ...(failed > 0 ? [`${grouped(failed)} failed again`] : []),
    ...(skipped > 0 ? [`${grouped(skipped)} left as they are`] : []),
    ...(keysLetGo > 0 ? [`${counted(keysLetGo, 'key')} let go`] : []),
  ];
  const mark = failed > 0 || interrupted ? paint('red', '✖') : paint('green', '✔');
  const end = interrupted ? ' Interrupted: the same command goes on with the others.' : '';
  return `${mark} ${group}: ${facts.join(', ')} (${duration(ms)}).${end}`;
}
