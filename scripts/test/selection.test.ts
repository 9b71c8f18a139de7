import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from './execute.ts';
import { jestCommand } from './jest.ts';
import { NothingSelectedError, select, steps } from './selection.ts';

const none = { unit: [], integration: [], e2e: [], dedicated: [], own: [], compose: [] };

test('takes every test there is when nothing is asked for, each once', () => {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const tests = list
    .toString()
    .split('\n')
    .filter((file) => /\.test\.tsx?$/.test(file) && existsSync(join(root, file)))
    // Of a consumer that is still to be written: newConsumer.int.test.ts runs them.
    .filter((file) => !file.startsWith('packages/cli/templates/'));
  const { check, files } = select([]);
  expect(check).toBe(true);
  expect(Object.values(files).flat().sort()).toEqual(tests.sort());
  expect(select(steps).files).toEqual(files);
});

test('knows the projects of Jest as Jest does', () => {
  const args = [...jestCommand, '--listTests', '--json', '--selectProjects'];
  const listed = (project: string): string[] =>
    JSON.parse(
      execFileSync(process.execPath, [...args, project], { cwd: root, maxBuffer: 2 ** 24 }).toString(),
    );
  for (const [project, files] of Object.entries(select([]).files))
    expect(
      listed(project)
        .map((file) => relative(root, file))
        .sort(),
    ).toEqual(files);
});

test('takes a step, with all of its projects', () => {
  const { check, files } = select(['e2e']);
  expect(check).toBe(false);
  expect(files).toMatchObject({ unit: [], integration: [], compose: [] });
  expect(files.e2e).toContain('e2e/journeys.e2e.test.ts');
  expect(files.dedicated).toContain('e2e/dedicated/drills.e2e.test.ts');
  expect(files.dedicated).toContain('packages/cli/src/quorum/quorum.e2e.test.ts');
  expect(files.own).toContain('e2e/own/lifecycle.e2e.test.ts');
});

test('takes a file, a folder or a part of a path, in whichever project it is', () => {
  const file = 'packages/kafka/src/reader/records.test.ts';
  expect(select([file]).files).toEqual({ ...none, unit: [file] });
  const { unit, integration } = select(['packages/kafka/src/reader']).files;
  expect(unit).toContain(file);
  expect(integration).toContain('packages/kafka/src/reader.int.test.ts');
});

test('takes the files that have a name in them', () => {
  const { check, files, name } = select([], 'takes the files that have a name in them');
  expect({ check, files, name }).toEqual({
    check: false,
    files: { ...none, unit: ['scripts/test/selection.test.ts'] },
    name: 'takes the files that have a name in them',
  });
});

test('says what there is when something is not there', () => {
  expect(() => select(['units'])).toThrow(NothingSelectedError);
  expect(() => select(['units'])).toThrow(
    'There is no step and no test file units. The steps are check, unit',
  );
  const unused = crypto.randomUUID();
  expect(() => select([], unused)).toThrow(`No test file has "${unused}" in it.`);
});
