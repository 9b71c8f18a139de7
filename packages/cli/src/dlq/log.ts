import type { Io } from '../io.ts';
import { type Column, columnTable, grouped, plain } from '../text/format.ts';
import { allAnswered, ask, askAll, askOne, type Group, renderProblems, type Server } from './groups.ts';
import type { LetterAction } from './letters.ts';
import { safe } from './renderLetters.ts';
import { selectionText } from './selection.ts';

export interface LogOptions {
  /** Of each group, the newest. */
  limit: number;
  json?: boolean;
}

type GroupAction = LetterAction & { group: string };

/**
 * Shows who redrove or discarded what, when and why; the newest first.
 * @returns whether all services answered
 * @throws ArgumentInvalidError, RequestFailedError of a group that was named
 */
export async function log(
  name: string | undefined,
  { limit, json }: LogOptions,
  server: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const question = (group: Group) =>
    ask<{ actions: LetterAction[] }>(group, `/actions?limit=${limit}`, { signal });
  const answers = await (name === undefined ? askAll(server, question) : askOne(name, server, question));
  const actions = answers
    .flatMap(({ group, answer }) => (answer?.actions ?? []).map((action) => ({ group, ...action })))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  if (json) {
    for (const action of actions) await io.out(JSON.stringify(action));
    for (const line of renderProblems(answers, 'actions', plain)) io.note(`brew: ${line}`);
    return allAnswered(answers);
  }
  for (const line of renderProblems(answers, 'actions', io.paint)) await io.out(line);
  if (actions.length > 0) {
    for (const line of columnTable(columns, actions, { paint: io.paint, columns: io.columns() }))
      await io.out(line);
  } else if (answers.some(({ answer }) => answer)) {
    const where = allAnswered(answers) ? '' : ' in the other groups';
    await io.out(`Nobody has redriven or discarded anything${where}.`);
  }
  return allAnswered(answers);
}

const columns: readonly Column<GroupAction>[] = [
  { title: 'AT', cell: ({ at }) => safe(at.replace(/\.\d+Z$/, 'Z')) },
  { title: 'GROUP', cell: ({ group }) => group },
  { title: 'BY', cell: ({ by }) => safe(by), yields: 1 },
  { title: 'ACTION', cell: ({ action }) => action },
  { title: 'LETTERS', cell: ({ selection }) => safe(selectionText(selection)), yields: 1 },
  { title: 'OUTCOME', cell: outcome, yields: 2 },
  { title: 'WHY', cell: ({ why }) => safe(why ?? ''), yields: 1, optional: true },
];

function outcome({ redriven, alreadyDone, discarded, failed, skipped }: Counts): string {
  const counts = [
    [redriven, 'redriven'],
    [discarded, 'discarded'],
    [alreadyDone, 'done already'],
    [failed, 'failed'],
    [skipped, 'left'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
  return told.join(', ') || 'nothing';
}

type Counts = Pick<LetterAction, 'redriven' | 'alreadyDone' | 'discarded' | 'failed' | 'skipped'>;
