import { services } from '@brew/sandbox';
import type { Addresses } from '../addresses.ts';
import { ArgumentInvalidError, RequestFailedError } from '../errors.ts';
import { requestAsStaff } from '../request.ts';
import type { Paint } from '../text/format.ts';
import { suggestion } from '../text/nearest.ts';
import type { LetterSummary } from './letters.ts';

export type Server = Pick<Addresses, 'services'>;

/** A consumer group whose dead letters a service keeps: one of Brew's own, or one that `brew new consumer` made. */
export interface Group {
  name: string;
  url: string;
  /** False for one that the system was started without: it may run by `brew dev`, or not at all. */
  expected: boolean;
}

/** The simulator reads no topic. */
const candidates = services.filter(({ name }) => name !== 'simulator');

export const groupsOf = ({ services: running }: Server): Group[] =>
  candidates.map(({ name, port }) => ({
    name,
    url: running[name] ?? `http://localhost:${port}`,
    expected: name in running,
  }));

/** @throws ArgumentInvalidError when no service has that group */
export function requireGroup(name: string): void {
  const names: string[] = candidates.map((each) => each.name);
  if (names.includes(name)) return;
  const todo = /^\d+$/.test(name)
    ? `Letters are named with their group, such as kitchen ${name}. Groups: ${names.join(', ')}.`
    : suggestion(
        name,
        names,
        `Take one of ${names.join(', ')}. The letters of a group of your own: npx brew consume ${name}.dlq`,
      );
  throw new ArgumentInvalidError(`There is no service with the group ${name}.`, todo);
}

/** @throws ArgumentInvalidError as requireGroup does */
export function groupNamed(name: string, server: Server): Group {
  requireGroup(name);
  return groupsOf(server).find((group) => group.name === name) as Group;
}

export interface GroupAnswer<Answer> {
  group: string;
  answer?: Answer;
  /** Why there is no answer: a sentence that names the group, and says what to do. */
  problem?: string;
}

/**
 * Asks all groups something. Who has no dead letters, since it has no group, is left out; so is who need not run.
 * @param question put to each
 */
export async function askAll<Answer>(
  server: Server,
  question: (group: Group) => Promise<Answer>,
): Promise<GroupAnswer<Answer>[]> {
  const answers = await Promise.all(
    groupsOf(server).map(async (group) => {
      try {
        return { group: group.name, answer: await question(group) };
      } catch (error) {
        if (!(error instanceof RequestFailedError)) throw error;
        return error.status === 404 || (error.status === undefined && !group.expected)
          ? undefined
          : { group: group.name, problem: error.message };
      }
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}

/** The same of one group, which then has to answer. */
export async function askOne<Answer>(
  name: string,
  server: Server,
  question: (group: Group) => Promise<Answer>,
): Promise<GroupAnswer<Answer>[]> {
  return [{ group: name, answer: await question(groupNamed(name, server)) }];
}

export function askSummary(group: Group, signal?: AbortSignal): Promise<LetterSummary> {
  const patience = AbortSignal.timeout(SUMMARY_PATIENCE_MS);
  return ask<LetterSummary>(group, '/summary', {
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
  });
}

/** How many letters wait where. */
export const askSummaries = (server: Server, signal?: AbortSignal): Promise<GroupAnswer<LetterSummary>[]> =>
  askAll(server, (group) => askSummary(group, signal));

/** Longer than an answer takes, short enough for who waits for one that hangs. */
const PATIENCE_MS = 10_000;
/** The same for a few numbers, that others do not wait for. */
const SUMMARY_PATIENCE_MS = 5_000;

/**
 * @param path behind /dead-letters
 * @param body makes it a POST, which takes the time that it takes
 * @throws RequestFailedError, which names the group
 */
export async function ask<Answer>(
  { name, url, expected }: Group,
  path: string,
  { body, signal }: { body?: object; signal?: AbortSignal } = {},
): Promise<Answer> {
  const signals = [...(signal ? [signal] : []), ...(body ? [] : [AbortSignal.timeout(PATIENCE_MS)])];
  try {
    const response = await requestAsStaff(`${url}/dead-letters${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body && { body }),
      signal: AbortSignal.any(signals),
    });
    return (await response.json()) as Answer;
  } catch (error) {
    // Also what ends in the middle of an answer is none.
    const { status, message } =
      error instanceof RequestFailedError ? error : { status: undefined, message: '' };
    const todo = status === 404 ? ` See all of its letters with: npx brew dlq list ${name} --status all` : '';
    const problem = signals.some(({ aborted }) => aborted)
      ? `${name} has not answered in time. See what stands still with npx brew status.`
      : status === undefined
        ? `${name} does not answer at ${url}. See what runs with npx brew status; bring it back with npx brew ${expected ? 'start' : 'dev'} ${name}.`
        : `${name}: ${message}${todo}`;
    throw new RequestFailedError(problem, error, status);
  }
}

/**
 * What is not known, to be said before what is.
 * @param what of a group, such as `letters`
 */
export const renderProblems = (
  answers: readonly GroupAnswer<unknown>[],
  what: string,
  paint: Paint,
): string[] =>
  answers.flatMap(({ group, problem }) =>
    problem === undefined ? [] : [paint('red', `The ${what} of ${group} are not known: ${problem}`)],
  );

export const allAnswered = (answers: readonly GroupAnswer<unknown>[]): boolean =>
  answers.every(({ problem }) => problem === undefined);
