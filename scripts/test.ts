import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { warmUp } from '@brew/sandbox/testing/warmUp';
import { selectChanged } from './test/changed.ts';
import { watchCpu } from './test/cpu.ts';
import { execute } from './test/execute.ts';
import { type JestOptions, jest, type Project } from './test/jest.ts';
import { inLanes } from './test/lanes.ts';
import { liveJobs } from './test/liveJobs.ts';
import { renderSummary } from './test/report.ts';
import type { Result } from './test/result.ts';
import { NothingSelectedError, type Selection, select } from './test/selection.ts';
import { beginTestRun } from './test/testRun.ts';

const help = `Runs every check there is, and ends with a line "N passed, N failed"; ", N skipped" follows when some were, with the reasons above it.

Usage: npm test [-- WHAT…] [--name TEXT] [--changed]

WHAT is one or more of
  check         Biome (format, lint, import cycles), TypeScript, knip (dead code)
  unit          pure and quick tests, beside the code
  integration   *.int.test.ts, on a cluster, a registry and PostgreSQL that are started once for the run
  e2e           journeys through whole systems, outages and drills, on combined nodes and on dedicated controllers
  compose       the same from images, where a Docker engine and the images are to be had
  a file, a folder, or a part of a path
and everything when there is none.

Options:
  --name, -t TEXT   only tests with this in their names
  --changed         what differs from main touches: checks, unit tests, and the integration tests of its packages
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
`;

/** A command that passes or fails as a whole counts as one test. */
async function command(args: string[]): Promise<Result> {
  const passed = (await execute(args)) === 0;
  return { step: 'check', passed: Number(passed), failed: Number(!passed), skipped: [], files: [] };
}

const check = () =>
  Promise.all([
    command(['node_modules/@biomejs/biome/bin/biome', 'ci', '.']),
    command(['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']),
    command(['node_modules/knip/bin/knip.js']),
  ]);

async function runTests({ check: checkCode, files, name }: Selection): Promise<boolean> {
  const cores = availableParallelism();
  const begun = performance.now();
  await using run = await beginTestRun();
  const endCpu = await watchCpu();
  const runJest = (project: Project, chosen: readonly string[], options?: JestOptions) =>
    jest(run, project, chosen, { ...options, name });

  const jobs = liveJobs(files, runJest);
  // What can't be had for that, the tests say that need it.
  const isWarm = jobs.length > 0 && warmUp().catch(() => {});
  const results = [
    ...(checkCode ? await check() : []),
    await runJest('unit', files.unit, { workers: cores }),
  ];
  await isWarm;
  // More than cores: most of it waits.
  results.push(...(await inLanes(cores + 1, jobs)).flat());
  const seconds = (performance.now() - begun) / 1000;
  for (const line of renderSummary({ results, usage: await endCpu(), seconds })) console.log(line);
  return results.every(({ failed }) => failed === 0);
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      name: { type: 'string', short: 't' },
      changed: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (!values.changed) return (await runTests(select(positionals, values.name))) ? 0 : 1;

  const { changed, ...selection } = await selectChanged();
  console.log(`${changed.length} files differ from main.`);
  return (await runTests(selection)) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof NothingSelectedError) && !isUsageError(error)) throw error;
  console.error(`${(error as Error).message} See npm test -- --help.`);
  process.exitCode = 2;
}

/** Of parseArgs. */
function isUsageError(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS_');
}
