import { expect, test } from '@jest/globals';
import { touched } from './changed.ts';
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

test('takes unit tests that import what has changed, and of integration tests those of its own package', () => {
  expect(touched(files, ['packages/kafka/src/a.ts'], related)).toEqual({
    ...none,
    unit: ['packages/kafka/src/a.test.ts', 'packages/cli/src/b.test.ts'],
    integration: ['packages/kafka/src/a.int.test.ts'],
  });
});

test('takes tests of whole systems only when they have changed themselves', () => {
  expect(touched(files, ['e2e/outage.e2e.test.ts'], new Set())).toEqual({
    ...none,
    e2e: ['e2e/outage.e2e.test.ts'],
  });
});

test.each([
  ['packages/kafka/src/migrations/001.sql', ['packages/kafka/src/a.test.ts']],
  ['docker-compose.yml', ['packages/sandbox/src/compose.test.ts']],
  ['infra/kafka/config/server.properties', ['packages/sandbox/src/compose.test.ts']],
  ['packages/cli/templates/consumer/group/src/app.ts', ['packages/cli/src/b.test.ts']],
])('takes all tests of the package that reads %s, which nobody imports', (file, unit) => {
  expect(touched(files, [file], new Set()).unit).toEqual(unit);
});

test('takes nothing for prose, and every unit test for what every package depends on', () => {
  expect(touched(files, ['docs/kraft.md', 'packages/kafka/README.md'], new Set())).toEqual(none);
  expect(touched(files, ['pnpm-lock.yaml'], new Set())).toEqual({ ...none, unit: files.unit });
});
