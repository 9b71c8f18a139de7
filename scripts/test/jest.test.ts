import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root } from './execute.ts';
import { readReport } from './jest.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Status = 'passed' | 'failed' | 'pending' | 'todo';

/** What Jest writes of one file with these tests, and how the run ended. */
async function read(
  tests: [fullName: string, status: Status][],
  { code = 0, onlySome = false, status = '' } = {},
) {
  const failed = tests.some(([, state]) => state === 'failed');
  const file = join(folder, 'report.json');
  const report = {
    numPassedTests: tests.filter(([, state]) => state === 'passed').length,
    testResults: [
      {
        name: join(root, 'packages/a.test.ts'),
        status: status || (failed ? 'failed' : 'passed'),
        startTime: 1_000,
        endTime: 3_500,
        assertionResults: tests.map(([fullName, state]) => ({ fullName, status: state })),
      },
    ],
  };
  await writeFile(file, JSON.stringify(report));
  return readReport('unit', file, code, onlySome);
}

test('tells what passed, what failed, and how long it took', async () => {
  const tests: [string, Status][] = [
    ['opens', 'passed'],
    ['closes', 'failed'],
  ];
  expect(await read(tests, { code: 1 })).toEqual({
    ...{ step: 'unit', passed: 1, failed: 1, skipped: [] },
    failures: ['packages/a.test.ts › closes'],
    files: [{ file: 'packages/a.test.ts', seconds: 2.5 }],
  });
});

test('takes a file that could not be loaded for a test that failed', async () => {
  expect(await read([], { status: 'failed', code: 1 })).toMatchObject({
    failed: 1,
    failures: ['packages/a.test.ts › could not be run'],
  });
});

test('takes an end without a report, or with an error that no test tells of, for a test that failed', async () => {
  expect(readReport('unit', join(folder, 'none.json'), 0, false)).toMatchObject({ passed: 0, failed: 1 });
  expect(await read([['opens', 'passed']], { code: 137 })).toMatchObject({
    passed: 1,
    failed: 1,
    failures: ['unit: Jest ended with 137'],
  });
});

test('counts a test that is skipped and says why; one that does not has failed', async () => {
  const tests: [string, Status][] = [
    ['docker (skipped: no engine answers) starts', 'pending'],
    ['opens', 'pending'],
    ['closes', 'todo'],
  ];
  expect(await read(tests)).toMatchObject({
    skipped: [{ file: 'packages/a.test.ts', name: 'docker starts', why: 'no engine answers' }],
    failed: 2,
    failures: ['opens', 'closes'].map(
      (name) => `packages/a.test.ts › ${name}: is skipped, and nobody has said why`,
    ),
  });
});

test('does not take those for skipped that were not asked for by name', async () => {
  expect(await read([['opens', 'pending']], { onlySome: true })).toMatchObject({ failed: 0, skipped: [] });
});
