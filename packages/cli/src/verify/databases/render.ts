import { grouped as count, counted, fit, type Paint } from '../../text/format.ts';
import type { ReportedBreach } from '../report.ts';
import type { DatabaseBreach, SetResult } from './result.ts';

/** A line for each set, and one for each service that may be behind. */
export function renderSets(sets: readonly SetResult[], silent: readonly string[], paint: Paint): string[] {
  return [
    '',
    'Databases, compared with the topics:',
    ...sets.map((set) => renderSet(set, paint)),
    ...silent.map((name) =>
      paint(
        'yellow',
        `${name} does not answer, so what it has not handled yet differs. See what stands still with npx brew status, and verify again.`,
      ),
    ),
  ];
}

function renderSet(
  { set, compared, unit, breaches, young, gone, partly, note }: SetResult,
  paint: Paint,
): string {
  const name = fit(set, 21);
  if (compared === null) return `- ${name}  not compared: ${note}`;
  const beside = [
    ...(young > 0 ? [`${counted(young, 'order')} too new`] : []),
    ...(gone > 0 ? [`${count(gone)} older than the topics`] : []),
    ...(partly > 0 ? [`${count(partly)} of ${count(compared)} not checked wholly`] : []),
  ];
  const told = `${count(compared)} ${unit}${beside.length > 0 ? ` (${beside.join(', ')})` : ''}`;
  return breaches.length === 0
    ? `${paint('green', '✔')} ${name}  ${told}`
    : `${paint('red', '✖')} ${name}  ${told}: ${paint('red', counted(breaches.length, 'breach', 'breaches'))}`;
}

/** As the breaches of the topics are shown. */
export const asReported = ({ set, ...breach }: DatabaseBreach): ReportedBreach => ({
  invariant: set,
  ...breach,
});

/** What `--json` has of the sets; their breaches follow, one after the other. */
export const setsAsJson = (sets: readonly SetResult[]): object[] =>
  sets.map(({ breaches, ...set }) => ({ ...set, breaches: breaches.length }));
