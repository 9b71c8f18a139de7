import { expect, test } from '@jest/globals';
import { NothingSelectedError, select, steps } from './selection.ts';

const none = { unit: [], integration: [], e2e: [], dedicated: [], own: [], compose: [] };

test('takes everything when nothing is asked for, each file once', () => {
  const { check, files } = select([]);
  const all = Object.values(files).flat();
  expect(check).toBe(true);
  expect(new Set(all).size).toBe(all.length);
  expect(select(steps).files).toEqual(files);
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
