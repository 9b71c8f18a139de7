import { expect, test } from '@jest/globals';
import { watchCommits } from './watchCommits.ts';

/** What it accuses of when it sees these commits of partition 0, one after the other. */
async function accusedOf(...commits: (bigint | Error)[]): Promise<string[]> {
  const accused: string[] = [];
  const over = new AbortController();
  const committed = async () => {
    const next = commits.shift();
    if (commits.length === 0) over.abort();
    if (next instanceof Error) throw next;
    return new Map([[0, next ?? -1n]]);
  };
  await watchCommits(committed, { accuse: (what) => accused.push(what), until: over.signal, lookMs: 0 });
  return accused;
}

test('accuses of a commit that goes back, also behind a time in which nobody could tell', async () => {
  expect(await accusedOf(-1n, 5n, 5n, 7n)).toEqual([]);
  expect(await accusedOf(5n, -1n, 7n)).toEqual([]);
  expect(await accusedOf(5n, -1n, 3n)).toHaveLength(1);
  expect(await accusedOf(5n, new Error('no broker'), 3n, 4n)).toEqual(['a commit went back from 5 to 3']);
});
