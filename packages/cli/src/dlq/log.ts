import type { Io } from '../io.ts';
import { grouped, titledTable } from '../text/format.ts';
import { ask, askAll, askOne, type Server } from './groups.ts';
import type { LetterAction } from './letters.ts';
import { type Look, safe } from './renderLetters.ts';
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
  const question = (url: string) =>
    ask<{ actions: LetterAction[] }>(url, `/actions?limit=${limit}`, { signal });
  const answers = await (name === undefined ? askAll(server, question) : askOne(name, server, question));
  const actions = answers
    .flatMap(({ group, answer }) => (answer?.actions ?? []).map((action) => ({ group, ...action })))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const look = { columns: io.columns(), paint: io.paint };
  const lines = json ? actions.map((action) => JSON.stringify(action)) : renderActions(actions, look);
  for (const line of lines) await io.out(line);
  for (const { group, problem } of answers) {
    if (problem !== undefined) io.note(`brew: ${group} did not tell: ${problem}`);
  }
  return answers.every(({ answer }) => answer !== undefined);
}

function renderActions(
  actions: readonly GroupAction[],
  { columns, paint }: Pick<Look, 'columns' | 'paint'>,
): string[] {
  if (actions.length === 0) return ['Nobody has redriven or discarded anything.'];
  return titledTable(
    ['AT', 'GROUP', 'BY', 'ACTION', 'LETTERS', 'OUTCOME', 'WHY'],
    actions.map(({ at, group, by, action, selection, why, ...counts }) => [
      safe(at.replace(/\.\d+Z$/, 'Z')),
      group,
      safe(by),
      action,
      safe(selectionText(selection)),
      outcome(counts),
      safe(why ?? ''),
    ]),
    { paint, columns },
  );
}

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
