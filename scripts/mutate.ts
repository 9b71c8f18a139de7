import { globSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import startTestInfrastructure from '@brew/sandbox/testing/globalSetup';
import endTestInfrastructure from '@brew/sandbox/testing/globalTeardown';
import { Stryker } from '@stryker-mutator/core';
import { beginTestRun } from './test/testRun.ts';

const help = `Changes the code in small ways, one at a time, and tells which changes no test notices.

Usage: npm run mutate [-- PATH…] [OPTION…]

PATH is a folder or a file, of a file also lines. Without one: the domains of all services, and the ledger of \`brew verify\`.
A mutant is met by the unit tests of its package that have to do with it.

Options:
  --with TESTS     integration tests that it is met by as well, as a pattern; the infrastructure that they need is started once
  -h, --help

Examples:
  npm run mutate
  npm run mutate -- services/order/src/domain
  npm run mutate -- services/order/src/domain/decide.ts:30-60
  npm run mutate -- packages/service/src/unitOfWork --with 'packages/service/src/unitOfWork/*.int.test.ts'
`;

const root = join(import.meta.dirname, '..');
const ledger = 'packages/cli/src/verify';
const usual = [
  'services/*/src/domain',
  `${ledger}/invariants`,
  `${ledger}/{ledger,orderState,pack,seen,totals}.ts`,
];

/** Each mutant takes a test run of some seconds: two at a time leave room for nothing else on two cores. */
const CONCURRENCY = 2;

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { with: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const paths = positionals.length > 0 ? positionals : usual;
  const missing = paths.filter((path) => globSync(withoutLines(path), { cwd: root }).length === 0);
  if (missing.length > 0) {
    console.error(
      `No such file or folder: ${missing.join(', ')}. Paths begin at the root of the repository.`,
    );
    return 2;
  }

  const integration = globSync(values.with ?? [], { cwd: root });
  const tests = [...paths.map(ofSamePackage), ...integration];
  process.env.BREW_MUTATE_TESTS = JSON.stringify(tests);
  // What is left of it when it is interrupted, or killed, is ended.
  await using _run = await beginTestRun();
  if (integration.length === 0) return await mutate(paths);
  try {
    await startTestInfrastructure();
    return await mutate(paths);
  } finally {
    await endTestInfrastructure();
  }
}

const withoutLines = (path: string) => path.replace(/:\d+.*$/, '');
const isFile = (path: string) => /\.ts(:\d+.*)?$/.test(path);

/** The unit tests of the package: their names have one dot before "test". */
const ofSamePackage = (path: string) => `${path.split('/').slice(0, 3).join('/')}/**/!(*.int).test.ts`;

/** On a copy below .brew, so that the code itself stays as it is, whatever ends this. */
async function mutate(paths: string[]): Promise<number> {
  const mutants = await new Stryker({
    mutate: [
      ...paths.map((path) => (isFile(path) ? path : `${path}/**/*.ts`)),
      '!**/*.test.ts',
      '!**/testing/**',
    ],
    ignorePatterns: ['.brew'],
    tempDirName: '.brew/mutants',
    cleanTempDir: 'always',
    // Read by a part of TypeScript that version 7 does not have. Nothing here is compiled, so none is fine.
    tsconfigFile: 'none.json',
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: { configFile: 'scripts/mutate/jest.config.mjs' },
    coverageAnalysis: 'perTest',
    concurrency: CONCURRENCY,
    timeoutMS: 8_000,
    plugins: ['@stryker-mutator/jest-runner', join(import.meta.dirname, 'mutate/texts.mjs')],
    ignorers: ['texts'],
    reporters: ['progress-append-only', 'clear-text'],
    clearTextReporter: { reportTests: false, allowEmojis: false },
  }).runMutationTest();
  return mutants.some(({ status }) => status === 'Survived' || status === 'NoCoverage') ? 1 : 0;
}

process.exit(await main());
