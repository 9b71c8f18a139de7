import type { Io } from '../io.ts';
import { counted, plain } from '../text/format.ts';
import {
  allAnswered,
  ask,
  askAll,
  askOne,
  askSummary,
  type Group,
  renderProblems,
  type Server,
} from './groups.ts';
import type { LetterPage } from './letters.ts';
import { staleness } from './overview.ts';
import { renderLetters } from './renderLetters.ts';
import { type Filter, filterIn } from './selection.ts';

export interface ListOptions extends Filter {
  status: 'waiting' | 'redriven' | 'discarded' | 'all';
  /** Of each group. */
  limit: number;
  json?: boolean;
}

/** Most that a service gives at once. */
const PAGE = 1_000;

/**
 * Shows the letters of one group, or of all.
 * @returns whether all services answered
 * @throws ArgumentInvalidError, RequestFailedError of a group that was named
 */
export async function list(
  name: string | undefined,
  options: ListOptions,
  server: Server,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const { limit, status, json } = options;
  const query = new URLSearchParams({ status, limit: String(Math.min(limit, PAGE)) });
  for (const [field, value] of Object.entries(filterIn(options))) query.set(field, String(value));

  const pages = async (group: Group) => {
    const first = await ask<LetterPage>(group, `?${query}`, { signal });
    return morePages(group, query, first, limit, signal);
  };
  const answers = await (name === undefined ? askAll(server, pages) : askOne(name, server, pages));
  const found = answers.flatMap(({ answer }) => answer ?? []);
  const letters = found.flatMap((page) => page.letters);
  if (json) {
    for (const letter of letters) await io.out(JSON.stringify(letter));
    for (const line of renderProblems(answers, 'letters', plain)) io.note(`brew: ${line}`);
  } else {
    for (const line of renderProblems(answers, 'letters', io.paint)) await io.out(line);
    if (letters.length > 0) {
      const look = { now: new Date(), columns: io.columns(), paint: io.paint };
      const lines = renderLetters(letters, { ...look, withStatus: status !== 'waiting' });
      for (const line of lines) await io.out(line);
    } else if (found.length > 0)
      await io.out(await noneLike(name, options, allAnswered(answers), server, signal));
  }
  for (const { group, asOf, next } of found) {
    for (const line of staleness(group, asOf, new Date())) io.note(line);
    if (next !== null) io.note(`${group} has more than these. See them with: --limit ${limit * 10}`);
  }
  return allAnswered(answers);
}

/** That there is none may be due to the filter, and to who was not asked. */
async function noneLike(
  name: string | undefined,
  options: ListOptions,
  all: boolean,
  server: Server,
  signal: AbortSignal,
): Promise<string> {
  const where = name === undefined ? (all ? '' : ' in the other groups') : ` in ${name}`;
  const isFiltered = Object.keys(filterIn(options)).length > 0;
  if (options.status !== 'waiting')
    return isFiltered ? `No letter${where} is like that.` : `There are none${where}.`;
  if (!isFiltered) return `No letter waits${where}.`;
  const question = (group: Group) => askSummary(group, signal);
  const answers = await (name === undefined ? askAll(server, question) : askOne(name, server, question));
  const waiting = answers.reduce((sum, { answer }) => sum + (answer?.waiting ?? 0), 0);
  return waiting === 0
    ? `No letter waits${where}.`
    : `No letter that waits${where} is like that; ${counted(waiting, 'other waits', 'others wait')}.`;
}

/** The page with all that follows it, up to the limit. */
async function morePages(
  group: Group,
  query: URLSearchParams,
  first: LetterPage,
  limit: number,
  signal: AbortSignal,
): Promise<LetterPage> {
  const letters = [...first.letters];
  let { next } = first;
  while (next !== null && letters.length < limit) {
    const wanted = String(Math.min(PAGE, limit - letters.length));
    const following = new URLSearchParams({ ...Object.fromEntries(query), limit: wanted, after: next });
    const page = await ask<LetterPage>(group, `?${following}`, { signal });
    letters.push(...page.letters);
    next = page.next;
  }
  return { ...first, letters, next };
}
