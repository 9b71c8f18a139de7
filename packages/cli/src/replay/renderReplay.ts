import { duration, fit, type Paint } from '../text/format.ts';
import type { Comparison, Outcome, Plan, Source } from './messages.ts';

const count = (value: number) => value.toLocaleString('en');
const plural = (number: number, what: string) => `${count(number)} ${what}${number === 1 ? '' : 's'}`;

const how = {
  beside: 'beside the live tables',
  resume: 'going on where it was left',
  'in place': 'beside the live tables, which are removed once it is done',
};

/** What is going to happen, before it does. */
export function renderPlan(
  { beginning, projections, partitions, records, incomplete }: Plan,
  paint: Paint,
): string[] {
  const names = projections.map(({ name }) => name).join(', ');
  return [
    `Rebuilding ${names} from ${plural(records, 'record')} in ${plural(partitions.length, 'partition')}, ${how[beginning]}.`,
    ...incomplete.map(
      ({ topic, since }) => `  ${topic} begins ${since === null ? 'with what comes next' : `at ${since}`}.`,
    ),
    ...sources(projections),
    ...projections.flatMap(({ gone }) => (gone ? [paint('yellow', `! ${gone}`)] : [])),
  ];
}

/** Which hours come from where, where that is not from the topics alone. */
function sources(projections: readonly Source[]): string[] {
  return projections.flatMap(({ name, live, builtSince }) =>
    builtSince === null
      ? []
      : [`  ${fit(name, 11)} hours before ${hour(builtSince)} from ${live}, since then from the topics`],
  );
}

/** "2026-11-22 10:00 UTC". */
const hour = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** Whether what was built counts the same as what is live. */
export function renderComparisons(comparisons: readonly Comparison[], paint: Paint): string[] {
  return comparisons.flatMap(({ projection, by, since, totals, same, different, less, examples }) => {
    const name = fit(projection, 11);
    const all = `${plural(same + different, by)}${since === null ? '' : ` since ${hour(since)}`}`;
    if (same + different === 0) {
      return [`- ${name} nothing to compare ${since === null ? 'yet' : `since ${hour(since)}`}`];
    }
    if (different === 0) return [`${paint('green', '✔')} ${name} ${all}, all alike: ${numbers(totals.live)}`];
    return [
      `${paint('red', '✖')} ${name} ${count(different)} of ${all} differ: live ${numbers(totals.live)}, rebuilt ${numbers(totals.rebuilt)}`,
      ...examples.live.map((row) => `    live     ${JSON.stringify(row)}`),
      ...examples.rebuilt.map((row) => `    rebuilt  ${JSON.stringify(row)}`),
      ...(less > 0 ? [paint('yellow', `! ${name} ${GONE}`)] : []),
    ];
  });
}

const GONE = 'in some hours what is live counts more: a switch takes that out of the reports';

/** Whether neither has anything of the hours that could be compared: that says nothing of those before. */
const isUncompared = ({ since, same, different }: Comparison) => since !== null && same + different === 0;

/** Why a check has not compared a report, and what to do. Empty: it has compared all. */
export function explainUncompared(
  projections: readonly Source[],
  comparisons: readonly Comparison[],
): string[] {
  const uncompared = projections.flatMap(({ name, live, limitedBy }) => {
    const own = comparisons.find(({ projection }) => projection === name);
    if (own === undefined) {
      const build = `npx brew replay analytics --projection ${name}`;
      return [{ what: name, why: `${live} has not the tables of this version. Build them with: ${build}` }];
    }
    if (!isUncompared(own)) return [];
    const begins = limitedBy?.since ? `at ${limitedBy.since}` : 'with what comes next';
    const cause = limitedBy ? `${limitedBy.topic} begins ${begins}` : `${live} counts by the hour since then`;
    const why = `the hours that can be compared begin at ${hour(own.since ?? '')}, as ${cause}. Check again when orders of such an hour have been counted.`;
    return [{ what: name, why }];
  });
  return [...Map.groupBy(uncompared, ({ why }) => why)].map(
    ([why, which]) => `Nothing was compared of ${which.map(({ what }) => what).join(', ')}: ${why}`,
  );
}

/** Who keeps the new tables from becoming live. */
export const renderHeld = ({ sessions }: { sessions: readonly string[] }, paint: Paint): string =>
  paint(
    'yellow',
    `! Not switched yet, since others read the tables: ${sessions.join('; ') || 'they have just ended'}. Trying again; nobody waits meanwhile.`,
  );

const outcomes: Record<Outcome['outcome'], (schemas: string) => string> = {
  planned: () => 'Nothing was done: this is what would be.',
  built: (schemas) => `Built ${schemas}, and kept. Make it live with: npx brew replay analytics --resume`,
  checked: () => 'The rebuild is removed again.',
  switched: (schemas) =>
    `Live are now ${schemas}. Those before are kept until: npx brew replay analytics --prune`,
  replaced: (schemas) => `Live are now ${schemas}. Those before are removed.`,
  different: (schemas) =>
    `Built ${schemas}, but not switched: it counts something else. Switch all the same with: npx brew replay analytics --resume --yes`,
};

export function renderOutcome({ outcome, schemas, seconds }: Outcome, paint: Paint): string {
  // Of a check, its tables tell how it went.
  const marks = { different: `${paint('red', '✖')} `, checked: '' };
  const mark = outcome in marks ? marks[outcome as keyof typeof marks] : `${paint('green', '✔')} `;
  return `${mark}${outcomes[outcome](schemas.join(', '))} (${duration(seconds * 1_000)})`;
}

/** "orders 5, amount 2,101". */
const numbers = (values: Record<string, number>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${count(value)}`)
    .join(', ');
