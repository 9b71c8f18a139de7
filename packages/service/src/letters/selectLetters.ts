import { type LetterFilter, type LetterSummary, listLetters, type Tx } from '@brew/postgres';
import { problem } from '../http/problem.ts';
import { keysShownAs } from './describeLetter.ts';
import type { Skipped } from './planRedrive.ts';
import type { Filter, Selecting } from './schemas.ts';

export interface Selected {
  /** Those that wait. */
  letters: LetterSummary[];
  /** Those that were asked for by their ids, and are done. */
  done: Skipped[];
  /** Where the next call goes on; null when there is nothing more. */
  next: string | null;
}

/**
 * The letters that a call is about, in the order of their ids.
 * @throws HttpProblem 404 when it names ids that are not there
 */
export async function selectLetters(
  db: Tx,
  { ids, filter, after = '0', limit }: Pick<Selecting, 'ids' | 'filter' | 'after' | 'limit'>,
): Promise<Selected> {
  const found = ids
    ? (await knownLetters(db, ids)).filter(({ id }) => BigInt(id) > BigInt(after))
    : await listLetters(db, {
        ...{ status: 'waiting', after, limit: limit + 1 },
        filter: toLetterFilter(filter ?? {}),
      });
  const page = found.slice(0, limit);
  return {
    letters: page.filter(({ status }) => status === 'waiting'),
    done: page.flatMap(({ id, status, resolvedAt }) =>
      status === 'waiting'
        ? []
        : [{ id, status, why: `was ${status} at ${resolvedAt?.toISOString()} already` }],
    ),
    next: found.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
}

async function knownLetters(db: Tx, ids: readonly string[]): Promise<LetterSummary[]> {
  const letters = await listLetters(db, { filter: { ids }, limit: ids.length });
  const known = new Set(letters.map(({ id }) => BigInt(id)));
  const unknown = ids.filter((id) => !known.has(BigInt(id)));
  if (unknown.length > 0) {
    const named = unknown.slice(0, 10).join(', ');
    throw problem(404, 'LETTER_NOT_FOUND', `There is no dead letter ${named}. Nothing was done.`);
  }
  return letters;
}

export function toLetterFilter({ key, ...filter }: Filter): LetterFilter {
  return { ...filter, ...(key !== undefined && { keys: keysShownAs(key) }) };
}
