import type { Io } from '../io.ts';
import { ask, askAll, askOne, type Server } from './groups.ts';
import type { Letter, LetterPage } from './letters.ts';
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

  const pages = async (url: string) => {
    const first = await ask<LetterPage>(url, `?${query}`, { signal });
    return morePages(url, query, first, limit, signal);
  };
  const answers = await (name === undefined ? askAll(server, pages) : askOne(name, server, pages));
  const found = answers.flatMap(({ answer }) => answer ?? []);
  const letters = found.flatMap((page) => page.letters);
  if (json) for (const letter of letters) await io.out(JSON.stringify(letter));
  else for (const line of lines(letters, options, io)) await io.out(line);

  for (const { group, problem } of answers) {
    if (problem !== undefined) io.note(`brew: ${group} did not tell: ${problem}`);
  }
  for (const { group, asOf, next } of found) {
    for (const line of staleness(group, asOf, new Date())) io.note(line);
    if (next !== null) io.note(`${group} has more than these. See them with: --limit ${limit * 10}`);
  }
  return answers.every(({ answer }) => answer !== undefined);
}

function lines(letters: readonly Letter[], { status }: ListOptions, io: Io): string[] {
  if (letters.length === 0) return [status === 'waiting' ? 'No letter waits.' : 'There are none.'];
  const look = { now: new Date(), columns: io.columns(), paint: io.paint };
  return renderLetters(letters, { ...look, withStatus: status !== 'waiting' });
}

/** The page with all that follows it, up to the limit. */
async function morePages(
  url: string,
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
    const page = await ask<LetterPage>(url, `?${following}`, { signal });
    letters.push(...page.letters);
    next = page.next;
  }
  return { ...first, letters, next };
}
