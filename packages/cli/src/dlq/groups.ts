import { services } from '@brew/sandbox';
import type { Addresses } from '../addresses.ts';
import { ArgumentInvalidError, RequestFailedError } from '../errors.ts';
import { requestAsStaff } from '../request.ts';
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
  throw new ArgumentInvalidError(
    `There is no service with the group ${name}.`,
    suggestion(name, names, `Take one of ${names.join(', ')}.`),
  );
}

/** @throws ArgumentInvalidError as requireGroup does */
export function urlOf(name: string, server: Server): string {
  requireGroup(name);
  return groupsOf(server).find((group) => group.name === name)?.url ?? '';
}

export interface GroupAnswer<Answer> {
  group: string;
  answer?: Answer;
  /** Why there is no answer. */
  problem?: string;
}

/**
 * Asks all groups something. Who has no dead letters, since it has no group, is left out; so is who need not run.
 * @param question put to each, by its address
 */
export async function askAll<Answer>(
  server: Server,
  question: (url: string) => Promise<Answer>,
): Promise<GroupAnswer<Answer>[]> {
  const answers = await Promise.all(
    groupsOf(server).map(async ({ name: group, url, expected }) => {
      try {
        return { group, answer: await question(url) };
      } catch (error) {
        if (!(error instanceof RequestFailedError)) throw error;
        return error.status === 404 || (error.status === undefined && !expected)
          ? undefined
          : { group, problem: error.message };
      }
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}

/** The same of one group, which then has to answer. */
export async function askOne<Answer>(
  name: string,
  server: Server,
  question: (url: string) => Promise<Answer>,
): Promise<GroupAnswer<Answer>[]> {
  return [{ group: name, answer: await question(urlOf(name, server)) }];
}

export const askSummary = (url: string, signal?: AbortSignal): Promise<LetterSummary> =>
  ask<LetterSummary>(url, '/summary', signal && { signal });

/** How many letters wait where: of those that answer, the others are left out. */
export const summaries = async (server: Server, signal?: AbortSignal): Promise<LetterSummary[]> =>
  (await askAll(server, (url) => askSummary(url, signal))).flatMap(({ answer }) => answer ?? []);

/** Longer than an answer takes, short enough for who waits for one that hangs. */
const PATIENCE_MS = 10_000;

/**
 * @param path behind /dead-letters
 * @param body makes it a POST, which takes the time that it takes
 * @throws RequestFailedError
 */
export async function ask<Answer>(
  url: string,
  path: string,
  { body, signal }: { body?: object; signal?: AbortSignal } = {},
): Promise<Answer> {
  const signals = [...(signal ? [signal] : []), ...(body ? [] : [AbortSignal.timeout(PATIENCE_MS)])];
  const response = await requestAsStaff(`${url}/dead-letters${path}`, {
    method: body ? 'POST' : 'GET',
    ...(body && { body }),
    signal: AbortSignal.any(signals),
  });
  return (await response.json()) as Answer;
}
