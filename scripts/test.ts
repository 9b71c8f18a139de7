import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { warmUp } from '@brew/sandbox/testing/warmUp';
import { onlyChanged } from './test/changed.ts';
import { watchCpu } from './test/cpu.ts';
import { execute } from './test/execute.ts';
import { type JestOptions, jest, type Project } from './test/jest.ts';
import { inLanes } from './test/lanes.ts';
import { liveJobs } from './test/liveJobs.ts';
import { isGreen, renderSummary } from './test/report.ts';
import { failure, type Result } from './test/result.ts';
import { NothingSelectedError, renderSelection, type Selection, select } from './test/selection.ts';
import { beginTestRun } from './test/testRun.ts';

const help = `Runs every check there is, and ends with a line "N passed, N failed"; ", N skipped" follows when some were, with the reasons above it.

Usage: npm test [-- WHAT…] [--name TEXT] [--changed]

WHAT is one or more of
  check         Biome (format, lint, import cycles), TypeScript, knip (dead code)
  unit          pure and quick tests, beside the code
  integration   *.int.test.ts, on a cluster, a registry and PostgreSQL that are started once for the run
  e2e           journeys through whole systems, outages and drills, on combined nodes and on dedicated controllers
  compose       the same from images, where a Docker engine and the images are to be had
  a test file, a folder, or a part of its path
and everything when there is none. Several add up, and none narrows another down: "unit packages/kafka" runs the unit tests of all
packages, and every test in packages/kafka. For a few files, give these and nothing else.

Options:
  --name, -t TEXT   only tests with this in their names
  --changed         of it, only what is touched by what differs from main: checks, unit tests, the integration tests of its packages, and
                    tests of whole systems that differ themselves
  --help, -h

Integration tests run on containers where a Docker engine has the images, else on child processes;
BREW_TEST_INFRA=docker or embedded settles it. What a run leaves that is killed, the next one ends.

Examples:
  npm test
  npm test -- check unit
  npm test -- packages/kafka/src/reader
  npm test -- e2e/journeys.e2e.test.ts
  npm test -- --name "gives numbers that were freed to others"
  npm test -- --changed
  npm test -- unit --changed
`;

const options = {
  name: { type: 'string', short: 't' },
  changed: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** A command that passes or fails as a whole counts as one test. */
async function command(name: string, args: string[]): Promise<Result> {
  const passed = (await execute(args)) === 0;
  console.log(`${passed ? '✔' : '✖'} ${name}`);
  if (!passed) return failure('check', name);
  return { step: 'check', passed: 1, failed: 0, failures: [], skipped: [], files: [] };
}

// In a file, colours would stand between the letters.
const colors = process.stdout.isTTY ? [] : ['--colors=off'];

const check = () =>
  Promise.all([
    command('Biome: format and lint (npm run format mends most of it)', [
      'node_modules/@biomejs/biome/bin/biome',
      ...['ci', ...colors, '.'],
    ]),
    command('TypeScript: types', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']),
    command('knip: dead code', ['node_modules/knip/bin/knip.js', '--no-config-hints']),
  ]);

async function runTests({ check: checkCode, files, name }: Selection): Promise<boolean> {
  const cores = availableParallelism();
  const begun = performance.now();
  await using run = await beginTestRun();
  const endCpu = await watchCpu();
  const runJest = (project: Project, chosen: readonly string[], options?: JestOptions) =>
    jest(run, project, chosen, { ...options, name });

  const jobs = liveJobs(files, runJest);
  // What is missing for it, the tests say that need it.
  const warm = jobs.length > 0 ? warmUp().catch(() => {}) : undefined;
  const results = [
    ...(checkCode ? await check() : []),
    await runJest('unit', files.unit, { workers: cores }),
  ];
  await warm;
  // More than cores: most of it waits.
  results.push(...(await inLanes(cores + 1, jobs)).flat());
  const seconds = (performance.now() - begun) / 1000;
  const ran = results.some(({ passed, failed }) => passed + failed > 0);
  if (name !== undefined && !ran) results.push(failure('name', `No test has "${name}" in its name.`));
  const passed = isGreen(results);
  const logs = !passed && jobs.length > 0 ? run.folder : undefined;
  if (logs) run.keepFiles();
  for (const line of renderSummary({ results, usage: await endCpu(), seconds, logs })) console.log(line);
  return passed;
}

async function main(): Promise<number> {
  const swallowed = ['name', 'changed'].find((option) => process.env[`npm_config_${option}`] !== undefined);
  if (swallowed) {
    console.error(
      `npm has kept --${swallowed} to itself. What is for the tests comes after two dashes: npm test -- --${swallowed}`,
    );
    return 2;
  }
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const asked = select(positionals, values.name);
  if (!values.changed) return (await runTests(asked)) ? 0 : 1;

  const { differing, selection } = await onlyChanged(asked);
  console.log(
    `${differing === 1 ? '1 file differs' : `${differing} files differ`} from main: ${renderSelection(selection)}.`,
  );
  return (await runTests(selection)) ? 0 : 1;
}

/** Of parseArgs. */
function isUsageError(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS_');
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof NothingSelectedError) && !isUsageError(error)) throw error;
  // Node's own advice on options is for those whose names begin with a dash.
  const [sentence = ''] = (error as Error).message.split(/\.? To specify|\.$/);
  console.error(`${sentence}. See npm test -- --help.`);
  process.exitCode = 2;
}
