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
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
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

/** A suite that could not even be loaded has no failed test in Jest's count, and a crash leaves no report: both are failures here. */
function readReport(step: string, file: string, code: number, onlySome: boolean): Result {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return failure(step, `${step}: Jest ended without a report`);
  }
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    step,
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    failures: failed === 0 && code !== 0 ? [`${step}: Jest ended with ${code}`] : failuresIn(report),
    skipped: report.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'pending' || status === 'todo')
        .map(({ fullName }) => skippedTest(relative(root, name), fullName))
        .filter(({ why }) => !onlySome || why !== undefined),
    ),
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
function skippedTest(file: string, fullName: string): SkippedTest {
  const [, why] = /\(skipped: (.*?)\)/.exec(fullName) ?? [];
  return { file, name: fullName.replace(/ \(skipped: .*?\)/, ''), why };
}
