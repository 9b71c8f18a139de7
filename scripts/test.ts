import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { images, whyNoContainers } from '@brew/sandbox/testing';
import startTestInfrastructure from '@brew/sandbox/testing/globalSetup';
import endTestInfrastructure from '@brew/sandbox/testing/globalTeardown';

const help = `Runs every check there is, and ends with a line "N passed, N failed".

Usage: npm test [-- STEP…]

Steps, in order:
  check         Biome (format, lint, import cycles), TypeScript, knip (dead code)
  unit          pure and quick tests, beside the code
  integration   *.int.test.ts, on a real cluster, registry and PostgreSQL that is started once for the run
  e2e           journeys through the whole system
  compose       the same from images, where a Docker engine and the images are to be had; beside e2e

Integration tests run on containers where a Docker engine has the images, else on child processes;
BREW_TEST_INFRA=docker or embedded settles it.

Examples:
  npm test
  npm test -- check unit
  npm test -- e2e
  npm run test:compose
`;

interface Result {
  step: string;
  passed: number;
  failed: number;
  seconds: number;
}

const node = process.execPath;
const root = join(import.meta.dirname, '..');
const reports = mkdtempSync(join(tmpdir(), 'brew-test-'));

/** A test that fails may leave something open that keeps Jest from ending; nobody is to wait for that for ever. */
const STEP_LIMIT_MS = 15 * 60 * 1000;

function execute(args: string[]): Promise<number> {
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', timeout: STEP_LIMIT_MS });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

async function timed(step: string, count: () => Promise<Pick<Result, 'passed' | 'failed'>>): Promise<Result> {
  const started = performance.now();
  const counts = await count();
  return { step, ...counts, seconds: (performance.now() - started) / 1000 };
}

/** A command that passes or fails as a whole counts as one test. */
const command = (step: string, args: string[]) =>
  timed(step, async () =>
    (await execute(args)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 },
  );

/** @param name what it is called in the end */
const jest = (project: string, options: string[] = [], name = project) =>
  timed(name, async () => {
    const report = join(reports, `${randomUUID()}.json`);
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const code = await execute([
      ...flags,
      'node_modules/jest/bin/jest.js',
      '--selectProjects',
      project,
      '--json',
      `--outputFile=${report}`,
      ...options,
    ]);
    return countJest(report, code);
  });

/** A suite that could not even be loaded has no failed test in Jest's count, and a crash leaves no report: both are failures here. */
function countJest(report: string, code: number): Pick<Result, 'passed' | 'failed'> {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function onInfrastructure(): Promise<Result[]> {
  try {
    await startTestInfrastructure();
  } catch (error) {
    console.error(error);
    return [{ step: 'integration', passed: 0, failed: 1, seconds: 0 }];
  }
  const ofServices = 'services/';
  const withClusters = 'packages/(cli|sandbox)/';
  try {
    // Side by side, since most of it waits, with two exceptions that go one at a time. Services: their consumer group ids are literals,
    // so two tests of one service would share its partitions. And what starts clusters of its own, which takes both cores.
    return await Promise.all([
      jest('integration', ['--maxWorkers=2', '--testPathIgnorePatterns', `${ofServices}|${withClusters}`]),
      jest('integration', ['--runInBand', '--testPathPatterns', withClusters], 'clusters'),
      jest('integration', ['--runInBand', '--testPathPatterns', ofServices], 'services'),
    ]);
  } finally {
    await endTestInfrastructure();
  }
}

const check = () =>
  Promise.all([
    command('biome', ['node_modules/@biomejs/biome/bin/biome', 'ci', '.']),
    command('typescript', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']),
    command('knip', ['node_modules/knip/bin/knip.js']),
  ]);

async function onContainers(): Promise<Result[]> {
  const why = await whyNoContainers(Object.values(images), { compose: true });
  if (why === undefined) return [await jest('compose', ['--runInBand'])];
  console.log(`compose: skipped, since ${why}.`);
  return [];
}

/**
 * Whole systems also wait, for sessions to end and for orders to be brewed: so there are two at a time; three are no quicker on two cores. One begins with the
 * containers; whoever is through takes the next file.
 */
async function onSystems(e2e: boolean, compose: boolean): Promise<Result[]> {
  const files = e2e ? globSync('e2e/*.e2e.test.ts', { cwd: root }).sort() : [];
  const next = async (): Promise<Result[]> => {
    const file = files.shift();
    if (file === undefined) return [];
    return [await jest('e2e', ['--runTestsByPath', file], basename(file, '.e2e.test.ts')), ...(await next())];
  };
  const strands = [async () => [...(compose ? await onContainers() : []), ...(await next())], next];
  return (await Promise.all(strands.map((strand) => strand()))).flat();
}

const steps = ['check', 'unit', 'integration', 'e2e', 'compose'];

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const unknown = positionals.filter((name) => !steps.includes(name));
  if (unknown.length > 0) {
    console.error(`No such step: ${unknown.join(', ')}. The steps are ${steps.join(', ')}.`);
    return 2;
  }

  const chosen = new Set(positionals.length === 0 ? steps : positionals);
  const results = [
    ...(chosen.has('check') ? await check() : []),
    ...(chosen.has('unit') ? [await jest('unit', ['--maxWorkers=100%'])] : []),
    ...(chosen.has('integration') ? await onInfrastructure() : []),
    ...(await onSystems(chosen.has('e2e'), chosen.has('compose'))),
  ];
  rmSync(reports, { recursive: true, force: true });

  console.log();
  for (const { step, passed, failed, seconds } of results) {
    console.log(
      `${step.padEnd(14)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed  ${seconds.toFixed(1).padStart(7)} s`,
    );
  }
  const sum = (key: 'passed' | 'failed') => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}

process.exit(await main());
