import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { execute, root } from './execute.ts';
import { failure, type Result, type SkippedTest } from './result.ts';
import type { TestRun } from './testRun.ts';

/** As jest.config.mjs has them. */
export type Project = 'unit' | 'integration' | 'e2e' | 'dedicated' | 'own' | 'compose';

const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
export const jestCommand = [...flags, 'node_modules/jest/bin/jest.js'];

/** What Jest writes with --json, as far as it is read here. */
interface Report {
  numPassedTests: number;
  testResults: {
    name: string;
    status: string;
    startTime: number;
    endTime: number;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

export interface JestOptions {
  /** How many files at a time; 1 by default. */
  workers?: number;
  /** A part of the tests' names, as --name gives it; others count neither as passed nor as skipped. */
  name?: string | undefined;
}

/** Runs test files of a project; with none there is nothing to run. */
export async function jest(
  { folder }: Pick<TestRun, 'folder'>,
  project: Project,
  files: readonly string[],
  { workers = 1, name }: JestOptions = {},
): Promise<Result> {
  if (files.length === 0)
    return { step: project, passed: 0, failed: 0, failures: [], skipped: [], files: [] };
  const report = join(folder, `${randomUUID()}.json`);
  const args = [
    ...jestCommand,
    ...['--selectProjects', project, '--json', `--outputFile=${report}`],
    ...(workers === 1 ? ['--runInBand'] : [`--maxWorkers=${workers}`]),
    ...(name === undefined ? [] : ['--testNamePattern', name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')]),
    ...['--runTestsByPath', ...files],
  ];
  const code = await execute(args, report);
  return readReport(project, report, code, name !== undefined);
}

/**
 * A suite that could not even be loaded has no failed test in Jest's count, a crash leaves no report, and a test that is skipped without a word
 * may be forgotten: all of them are failures here.
 * @param onlySome tests were chosen by their names: to Jest, the others are skipped
 */
export function readReport(step: string, file: string, code: number, onlySome: boolean): Result {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return failure(step, `${step}: Jest ended without a report`);
  }
  const { explained, unexplained } = skippedIn(report);
  const failures = [
    ...failuresIn(report),
    ...(onlySome ? [] : unexplained.map((test) => `${test}: is skipped, and nobody has said why`)),
  ];
  if (failures.length === 0 && code !== 0) failures.push(`${step}: Jest ended with ${code}`);
  return {
    step,
    passed: report.numPassedTests,
    failed: failures.length,
    failures,
    skipped: explained,
    files: report.testResults.map(({ name, startTime, endTime }) => ({
      file: relative(root, name),
      seconds: (endTime - startTime) / 1000,
    })),
  };
}

function failuresIn({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').map(({ fullName }) => fullName);
    if (status === 'failed' && tests.length === 0) tests.push('could not be run');
    return tests.map((test) => `${relative(root, name)} › ${test}`);
  });
}

/** Why a test is skipped stands in its name, or in that of what it is part of: `onlyIf` of @brew/sandbox/testing writes it there. */
function skippedIn({ testResults }: Report): { explained: SkippedTest[]; unexplained: string[] } {
  const explained: SkippedTest[] = [];
  const unexplained: string[] = [];
  for (const { name, assertionResults } of testResults) {
    const file = relative(root, name);
    for (const { status, fullName } of assertionResults) {
      if (status !== 'pending' && status !== 'todo') continue;
      const [, why] = /\(skipped: (.*?)\)/.exec(fullName) ?? [];
      if (why) explained.push({ file, name: fullName.replace(/ \(skipped: .*?\)/, ''), why });
      else unexplained.push(`${file} › ${fullName}`);
    }
  }
  return { explained, unexplained };
}
