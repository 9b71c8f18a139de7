import { counted, cut, duration, grouped, type Paint } from '../text/format.ts';
import type { Totals } from './batches.ts';
import type { Batch, Letter } from './letters.ts';
import { type Look, safe } from './renderLetters.ts';
import type { Selection } from './selection.ts';

/**
 * What of a batch has to be told: those that failed again, and those that can't go.
 * @param columns errors are cut to, since `show` has them whole; 0: not cut
 */
export function renderBatch(
  { failed = [], skipped = [] }: Pick<Batch, 'failed' | 'skipped'>,
  group: string,
  { paint, columns }: Pick<Look, 'paint' | 'columns'>,
): string[] {
  const fitted = (text: string) => (columns > 0 ? cut(text, columns - 2) : text);
  return [
    ...failed.map(
      ({ id, error }) => `${paint('red', '✖')} ${fitted(`${group}/${id} failed again: ${safe(error)}`)}`,
    ),
    ...skipped.map(({ id, why }) => `${paint('yellow', '!')} ${group}/${id} ${safe(why)}`),
  ];
}

const letters = ({ redriven, alreadyDone, discarded, failed }: Totals): number =>
  redriven + alreadyDone + discarded + failed;

/** What a dry run says below the letters. */
export function renderPlan(what: 'redrive' | 'discard', count: number): string {
  if (count === 0) return 'Nothing was done, and nothing would be.';
  const told = counted(count, 'letter');
  if (what === 'discard') return `Nothing was done: ${told} would be discarded.`;
  return `Nothing was done: ${told} would go${count > 1 ? ', in this order' : ''}.`;
}

/**
 * "1,200 of 4,000 letters, 310 a second"
 * @param of how many there are, if that is known
 */
export function renderProgress(totals: Totals, elapsedMs: number, of?: number): string {
  const done = letters(totals);
  const rate = (done * 1_000) / Math.max(1, elapsedMs);
  // What waits behind a letter goes with it, so there may be more than were asked for.
  const count =
    of !== undefined && of >= done ? `${grouped(done)} of ${counted(of, 'letter')}` : counted(done, 'letter');
  return `${count}, ${rate < 10 ? rate.toFixed(1) : grouped(Math.round(rate))} a second`;
}

/** Whether nothing that was asked for waits any more, as far as it could be done. */
export const isDone = ({ failed, skipped, ...totals }: Totals): boolean =>
  failed === 0 && (skipped === 0 || letters({ failed, skipped, ...totals }) > 0);

/** What became of all of them, in a sentence. */
export function renderOutcome(
  what: 'redrive' | 'discard',
  group: string,
  totals: Totals,
  { ms, interrupted, selection }: { ms: number; interrupted: boolean; selection: Selection },
  paint: Paint,
): string {
  if (!interrupted && !('ids' in selection) && letters(totals) + totals.skipped === 0) {
    const [mark, none] =
      'all' in selection
        ? [paint('green', '✔'), 'No letter waits']
        : [paint('yellow', '!'), 'No letter that waits is like that'];
    return `${mark} ${group}: ${none}, so nothing was ${what === 'redrive' ? 'redriven' : 'discarded'}.`;
  }
  const { redriven, alreadyDone, discarded, failed, skipped, doneBefore, keysLetGo } = totals;
  const facts = [
    what === 'redrive'
      ? `${counted(redriven, 'letter')} redriven`
      : `${counted(discarded, 'letter')} discarded`,
    ...(alreadyDone > 0 ? [`${grouped(alreadyDone)} done already`] : []),
    ...(failed > 0 ? [`${grouped(failed)} failed again`] : []),
    ...(skipped > 0 ? [`${counted(skipped, 'letter')} left as ${skipped === 1 ? 'it is' : 'they are'}`] : []),
    ...(doneBefore > 0 ? [`${counted(doneBefore, 'letter')} done before`] : []),
    ...(keysLetGo > 0 ? [`${counted(keysLetGo, 'key')} let go`] : []),
  ];
  const end = interrupted ? ' Interrupted: the same command goes on with the others.' : '';
  return `${markOf(totals, interrupted, paint)} ${group}: ${facts.join(', ')} (${duration(ms)}).${end}`;
}

function markOf(totals: Totals, interrupted: boolean, paint: Paint): string {
  if (totals.failed > 0 || interrupted) return paint('red', '✖');
  const isWhole = totals.skipped + totals.doneBefore === 0 && letters(totals) > 0;
  return isWhole ? paint('green', '✔') : paint('yellow', '!');
}

/**
 * What a discard leaves behind it.
 * @param heads of each key that stays parked the first letter that waits
 */
export function renderRest(group: string, heads: readonly Letter[], paint: Paint): string[] {
  if (heads.length === 0) return [];
  const count = heads.reduce((sum, { behind }) => sum + 1 + behind, 0);
  const named = heads.slice(0, 5).map(({ id }) => `${group}/${id}`);
  const more = heads.length > named.length ? ', …' : '';
  const keys = heads.length === 1 ? 'its key stays' : 'their keys stay';
  return [
    `${paint('yellow', '!')} ${group}: ${keys} parked, since ${counted(count, 'letter waits', 'letters wait')} there still (first: ${named.join(', ')}${more}).`,
  ];
}
