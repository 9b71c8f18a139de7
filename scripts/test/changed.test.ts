import { expect, test } from '@jest/globals';
import { isOpaque, touched } from './changed.ts';
import { eachProject } from './selection.ts';

const files = {
  ...eachProject(() => [] as string[]),
  unit: [
    'packages/kafka/src/a.test.ts',
    'packages/cli/src/b.test.ts',
    'packages/sandbox/src/compose.test.ts',
  ],
  integration: ['packages/kafka/src/a.int.test.ts', 'packages/cli/src/b.int.test.ts'],
  e2e: ['e2e/journeys.e2e.test.ts', 'e2e/outage.e2e.test.ts'],
};
const related = new Set([
  'packages/kafka/src/a.test.ts',
  'packages/kafka/src/a.int.test.ts',
  'packages/cli/src/b.test.ts',
  'packages/cli/src/b.int.test.ts',
  'e2e/journeys.e2e.test.ts',
]);
const none = eachProject(() => [] as string[]);

/** What is taken when one file differs. */
const takenFor = (file: string) =>
  touched(files, { changed: [file], opaque: [file].filter(isOpaque), related: new Set() });

test('takes unit tests that import what has changed, and of integration tests those of its own package', () => {
  expect(touched(files, { changed: ['packages/kafka/src/a.ts'], opaque: [], related })).toEqual({
    ...none,
    unit: ['packages/kafka/src/a.test.ts', 'packages/cli/src/b.test.ts'],
    integration: ['packages/kafka/src/a.int.test.ts'],
  });
});

test('takes tests of whole systems only when they have changed themselves', () => {
  expect(takenFor('e2e/outage.e2e.test.ts')).toEqual({
    ...none,
    e2e: ['e2e/outage.e2e.test.ts'],
  });
});

test.each([
  ['packages/kafka/src/migrations/001.sql', ['packages/kafka/src/a.test.ts']],
  ['docker-compose.yml', ['packages/sandbox/src/compose.test.ts']],
  ['infra/kafka/config/server.properties', ['packages/sandbox/src/compose.test.ts']],
  ['packages/cli/templates/consumer/group/src/app.ts', ['packages/cli/src/b.test.ts']],
  ['packages/cli/src/main.ts', ['packages/cli/src/b.test.ts']],
])('takes all tests of the package that reads, copies or starts %s', (file, unit) => {
  expect(takenFor(file).unit).toEqual(unit);
});

test('takes nothing for prose, and every unit test for what every package depends on', () => {
  expect(takenFor('packages/kafka/README.md')).toEqual(none);
  expect(takenFor('pnpm-lock.yaml')).toEqual({ ...none, unit: files.unit });
});

test('takes all tests of the package that a file was deleted from', () => {
  const gone = 'packages/kafka/src/a.ts';
  const { unit, integration } = touched(files, { changed: [gone], opaque: [gone], related: new Set() });
  expect([...unit, ...integration]).toEqual([
    'packages/kafka/src/a.test.ts',
    'packages/kafka/src/a.int.test.ts',
  ]);
});
