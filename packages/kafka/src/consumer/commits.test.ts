import { until } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ReadRefusedError } from '../errors.ts';
import type { Offset } from '../record.ts';
import { createCommits } from './commits.ts';

const at = (partition: number, offset: bigint): Offset => ({ topic: 't', partition, offset });

/** Commits of a group whose coordinator is away for the first attempts. */
function setUp(failures: number, error = new Error('NOT_COORDINATOR')) {
  const attempts: (readonly Offset[])[] = [];
  const commits = createCommits({
    async commit(offsets) {
      attempts.push(offsets);
      if (attempts.length <= failures) throw error;
    },
    log: pino({ level: 'silent' }),
  });
  return { attempts, commits };
}

test('commits again what could not be committed, also when nothing more comes', async () => {
  const { attempts, commits } = setUp(2);
  commits.note(at(0, 5n));
  await until(() => attempts.length === 3, { what: 'the third attempt' });
  expect(attempts).toEqual([[at(0, 5n)], [at(0, 5n)], [at(0, 5n)]]);
  await commits.flush();
  expect(attempts).toHaveLength(3);
});

test('commits what has come meanwhile in its place, and nothing of partitions that are others by then', async () => {
  const { attempts, commits } = setUp(1);
  commits.note(at(0, 5n));
  commits.note(at(1, 7n));
  await commits.flush();
  commits.note(at(0, 6n));
  commits.forget([at(1, 0n)]);
  await commits.flush();
  expect(attempts).toEqual([[at(0, 5n), at(1, 7n)], [at(0, 6n)]]);
});

test('keeps what was noted while a commit was under way', async () => {
  const { attempts, commits } = setUp(0);
  commits.note(at(0, 5n));
  const flushed = commits.flush();
  await Promise.resolve();
  commits.note(at(0, 6n));
  await flushed;
  await commits.flush();
  expect(attempts.at(-1)).toEqual([at(0, 6n)]);
});

test('commits again before partitions are given up, unless it is refused', async () => {
  const { attempts, commits } = setUp(2);
  commits.note(at(0, 5n));
  await commits.settle([at(1, 0n)]);
  expect(attempts).toHaveLength(1);
  await commits.settle([at(0, 0n)]);
  expect(attempts).toHaveLength(3);
  const fenced = setUp(Number.POSITIVE_INFINITY, new ReadRefusedError('group g', 'UNKNOWN_MEMBER_ID'));
  fenced.commits.note(at(0, 5n));
  await fenced.commits.settle([at(0, 0n)]);
  expect(fenced.attempts).toHaveLength(1);
  fenced.commits.end();
});

test('commits nothing any more after its end', async () => {
  const { attempts, commits } = setUp(Number.POSITIVE_INFINITY);
  commits.note(at(0, 5n));
  await commits.flush();
  commits.end();
  await commits.flush();
  expect(attempts).toHaveLength(1);
});
