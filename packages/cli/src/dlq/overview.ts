import type { Io } from '../io.ts';
import { counted, grouped, titledTable } from '../text/format.ts';
import { askAll, askSummary, type GroupAnswer, type Server } from './groups.ts';
import type { LetterSummary } from './letters.ts';
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
  const answers = await askAll(server, (url) => askSummary(url, signal));
  const look = { now: new Date(), columns: io.columns(), paint: io.paint };
  const lines = json
    ? [
        JSON.stringify(
          answers.map(({ group, answer, problem }) => answer ?? { group, problem }),
          null,
          2,
        ),
      ]
    : renderOverview(answers, look);
  for (const line of lines) await io.out(line);
  return answers.every(({ answer }) => answer !== undefined);
}

function renderOverview(
  answers: readonly GroupAnswer<LetterSummary>[],
  { now, columns, paint }: Look,
): string[] {
  const found = answers.flatMap(({ answer }) => answer ?? []);
  const rows = found.map(({ group, waiting, parkedKeys, oldestAt, givenUp }) => [
    group,
    waiting > 0 ? paint('yellow', grouped(waiting)) : '0',
    grouped(parkedKeys),
    oldestAt === null ? '' : ago(oldestAt, now),
    givenUp > 0 ? paint('red', grouped(givenUp)) : '',
  ]);
  const notes = [
    ...answers.flatMap(({ group, problem }) =>
      problem === undefined ? [] : [paint('red', `${group} did not tell: ${problem}`)],
    ),
    ...found.flatMap(({ group, asOf }) => staleness(group, asOf, now)),
    ...found.flatMap(nextStep),
  ];
  if (answers.length === 0) return ['No service tells of dead letters.'];
  return [
    ...(found.length > 0
      ? titledTable(['GROUP', 'LETTERS', 'PARKED KEYS', 'OLDEST', 'GIVEN UP'], rows, {
          paint,
          numeric: [1, 2, 3, 4],
          columns,
        })
      : []),
    ...(found.length > 0 && notes.length > 0 ? [''] : []),
    ...notes,
  ];
}

function nextStep({ group, waiting, givenUp, canRedrive, instead }: LetterSummary): string[] {
  if (waiting === 0) return [];
  const letters = counted(waiting, 'letter');
  if (!canRedrive) return [`${group}: ${letters} that it can't redrive.${instead ? ` ${instead}` : ''}`];
  return [
    `${group}: see why with npx brew dlq list ${group}; once that is mended: npx brew dlq redrive ${group} --all`,
    ...(givenUp > 0
      ? [`${group}: ${counted(givenUp, 'letter')} failed so often that only their ids redrive them.`]
      : []),
  ];
}

/** Three times as long as it takes until GROUP.dlq is read again. */
const STALE_MS = 90_000;

/** What is shown may lack the newest letters; a line that says so, or none. */
export function staleness(group: string, asOf: string | null, now: Date): string[] {
  if (asOf !== null && now.getTime() - Date.parse(asOf) <= STALE_MS) return [];
  const since = asOf === null ? 'yet' : `for ${ago(asOf, now)}`;
  return [`${group} has not read ${group}.dlq ${since}: newer letters are missing here.`];
}
