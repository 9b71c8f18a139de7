import type { Io } from '../io.ts';
import { type Column, columnTable, counted, grouped, type Paint } from '../text/format.ts';
import {
  allAnswered,
  ask,
  askSummaries,
  type GroupAnswer,
  groupNamed,
  renderProblems,
  type Server,
} from './groups.ts';
import type { Letter, LetterPage, LetterSummary } from './letters.ts';
import { ago, type Look } from './renderLetters.ts';

/**
 * Shows how many letters wait in which group.
 * @returns whether all services answered
 */
export async function overview(
  { json }: { json?: boolean },
  server: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const answers = await askSummaries(server, signal);
  if (json) {
    const all = answers.map(({ group, answer, problem }) => answer ?? { group, problem });
    await io.out(JSON.stringify(all, null, 2));
    return allAnswered(answers);
  }
  const stuck = new Map<string, LetterPage>();
  for (const { group, answer } of answers) {
    if (!answer?.canRedrive || answer.givenUp === 0) continue;
    const page = ask<LetterPage>(groupNamed(group, server), '?limit=1000', { signal });
    // Without it only the advice is poorer.
    await page.then((found) => stuck.set(group, found)).catch(() => {});
  }
  const look = { now: new Date(), columns: io.columns(), paint: io.paint };
  for (const line of renderOverview(answers, stuck, look)) await io.out(line);
  return allAnswered(answers);
}

const columnsOf = (now: Date, paint: Paint): readonly Column<LetterSummary>[] => [
  { title: 'GROUP', cell: ({ group }) => group },
  {
    title: 'LETTERS',
    cell: ({ waiting }) => (waiting > 0 ? paint('yellow', grouped(waiting)) : '0'),
    numeric: true,
  },
  { title: 'PARKED KEYS', cell: ({ parkedKeys }) => grouped(parkedKeys), numeric: true },
  { title: 'OLDEST', cell: ({ oldestAt }) => (oldestAt === null ? '' : ago(oldestAt, now)), numeric: true },
  {
    title: 'FAILED 5×',
    cell: ({ givenUp }) => (givenUp > 0 ? paint('red', grouped(givenUp)) : ''),
    numeric: true,
    optional: true,
  },
];

function renderOverview(
  answers: readonly GroupAnswer<LetterSummary>[],
  stuck: ReadonlyMap<string, LetterPage>,
  { now, columns, paint }: Look,
): string[] {
  if (answers.length === 0) return ['No service tells of dead letters.'];
  const found = answers.flatMap(({ answer }) => answer ?? []);
  const problems = renderProblems(answers, 'letters', paint);
  const notes = [
    ...found.flatMap(({ group, asOf }) => staleness(group, asOf, now)),
    ...found.flatMap((summary) => nextSteps(summary, stuck.get(summary.group))),
  ];
  return [
    ...problems,
    ...(problems.length > 0 && found.length > 0 ? [''] : []),
    ...(found.length > 0 ? columnTable(columnsOf(now, paint), found, { paint, columns }) : []),
    ...(found.length > 0 && notes.length > 0 ? [''] : []),
    ...notes,
  ];
}

/**
 * What to type for a group; only what does something.
 * @param page its letters, where some of them go by their ids alone
 */
function nextSteps(summary: LetterSummary, page: LetterPage | undefined): string[] {
  const { group, waiting, byReason, givenUp, canRedrive, instead } = summary;
  if (waiting === 0) return [];
  if (!canRedrive) {
    return [`${group}: ${counted(waiting, 'letter')} that it can't redrive.${instead ? ` ${instead}` : ''}`];
  }
  const others = Object.entries(byReason).filter(([reason]) => !['failed', 'key_parked'].includes(reason));
  const redrivable = waiting - others.reduce((sum, [, count]) => sum + count, 0);
  const { ids, rest } = stuckIn(page, givenUp);
  return [
    ...((givenUp > 0 && page ? rest : redrivable > 0)
      ? [
          `${group}: see why with npx brew dlq list ${group}; once that is mended: npx brew dlq redrive ${group} --all`,
        ]
      : []),
    ...(givenUp > 0
      ? [
          `${group}: ${counted(givenUp, 'letter')} failed five redrives, so --all leaves ${givenUp === 1 ? 'it' : 'them'} where ${givenUp === 1 ? 'it is' : 'they are'}; once that is mended: npx brew dlq redrive ${group} ${ids}`,
        ]
      : []),
    ...others.map(
      ([reason, count]) =>
        `${group}: ${counted(count, 'letter')} that no redrive brings back (${reason}): look with npx brew dlq list ${group} --reason ${reason}, then: npx brew dlq discard ${group} --reason ${reason} --why TEXT`,
    ),
  ];
}

/** More ids than that nobody types. */
const IDS = 20;

/** The ids of those that failed too often, and whether --all still does something for any other. */
function stuckIn(page: LetterPage | undefined, givenUp: number): { ids: string; rest: boolean } {
  const letters = (page?.letters ?? []).toSorted((a, b) => b.redrives - a.redrives);
  const stuck = letters.slice(0, givenUp).filter(({ redrives }) => redrives > 0);
  if (stuck.length === 0) return { ids: 'ID', rest: true };
  const lineOf = ({ topic, key, keyEncoding, id }: Letter) =>
    key === null ? id : JSON.stringify([topic, key, keyEncoding]);
  const held = new Set(stuck.map(lineOf));
  const rest = page?.next !== null || letters.some((each) => each.redrivable && !held.has(lineOf(each)));
  const shown = stuck.slice(0, IDS).map(({ id }) => id);
  return { ids: `${shown.join(' ')}${stuck.length > IDS ? ' …' : ''}`, rest };
}

/** Three times as long as it takes until GROUP.dlq is read again. */
const STALE_MS = 90_000;

/** What is shown may lack the newest letters; a line that says so, or none. */
export function staleness(group: string, asOf: string | null, now: Date): string[] {
  if (asOf !== null && now.getTime() - Date.parse(asOf) <= STALE_MS) return [];
  const since = asOf === null ? 'yet' : `for ${ago(asOf, now)}`;
  return [`${group} has not read ${group}.dlq ${since}: newer letters are missing here.`];
}
