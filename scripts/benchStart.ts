import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { machine } from './bench/machine.ts';
import { descendants, memory, processTable, statOf, TICKS_PER_SECOND } from './bench/processes.ts';
import { readFlags } from './bench/readFlags.ts';
import { type Life, runBench } from './bench/runBench.ts';

const help = `Measures what a user waits for and pays for: the start, the memory, and the CPU when nobody orders.

Usage: npm run bench:start

Clones the last commit into a folder of its own and runs \`npm start\` in it, on free ports:
  cold    with empty caches of npm, pnpm and Maven; then memory, after a minute of orders
  warm    once more, on the data of the first start
  idle    once more, without customers, watched for a minute

It reads /proc, so it runs on Linux only. Takes some six minutes, and wants the machine for itself.

Examples:
  npm run bench:start
  npm run bench:start -- --help
`;

const root = join(import.meta.dirname, '..');
const GIB = 1024 ** 3;
const WATCHED_MS = 60_000;

interface Run {
  child: ChildProcess;
  started: number;
  /** Where analytics listens. */
  analytics: string;
}

/** Where, and until when, something is measured. */
interface Place extends Pick<Life, 'signal'> {
  folder: string;
  env: NodeJS.ProcessEnv;
}

/** What was started last. */
let child: ChildProcess | undefined;

/** `npm start` as a user types it; resolves when analytics answers. */
async function start({ folder, env, signal }: Place, ...flags: string[]): Promise<Run> {
  const started = performance.now();
  child = spawn('npm', ['start', '--', ...flags], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`npm start ended with ${child.exitCode}; its last words are above.`);
    const analytics = await analyticsOf(folder);
    if (analytics && (await delivered(analytics)) !== undefined) return { child, started, analytics };
    await delay(50, undefined, { signal });
  }
}

async function analyticsOf(folder: string): Promise<string | undefined> {
  const run = await readFile(join(folder, '.brew/run.json'), 'utf8').catch(() => undefined);
  return run && `http://127.0.0.1:${JSON.parse(run).ports.services.analytics}`;
}

async function delivered(analytics: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${analytics}/reports/funnel`);
    return response.ok ? ((await response.json()) as { delivered: number }).delivered : undefined;
  } catch {
    return undefined; // not listening yet
  }
}

/** Seconds from typing the command to the first delivery that was not there before. */
async function firstDelivery(
  { started, analytics }: Run,
  before: number,
  { signal }: Place,
): Promise<number> {
  while (((await delivered(analytics)) ?? 0) <= before) await delay(50, undefined, { signal });
  return (performance.now() - started) / 1000;
}

/** Seconds from SIGTERM until every process is gone. */
async function stop(run: Pick<Run, 'child'>): Promise<number> {
  const { child } = run;
  const pids = await pidsOf(run);
  const asked = performance.now();
  child.kill('SIGTERM');
  while ((await Promise.all(pids.map(statOf))).some(Boolean)) await delay(20);
  return (performance.now() - asked) / 1000;
}

/** A run and all below it: npm, the supervisor, brokers, registry, PostgreSQL with its backends, services. */
const pidsOf = async ({ child }: Pick<Run, 'child'>) => descendants(await processTable(), child.pid ?? 0);

/** Percent of one core that a run and all below it take, over a minute. */
async function cpu(run: Run, { signal }: Place): Promise<number> {
  const ticks = async () => {
    const stats = await Promise.all((await pidsOf(run)).map(statOf));
    return stats.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0);
  };
  const before = await ticks();
  await delay(WATCHED_MS, undefined, { signal });
  return (((await ticks()) - before) / TICKS_PER_SECOND / (WATCHED_MS / 1000)) * 100;
}

async function measure(folder: string, signal: AbortSignal): Promise<void> {
  execFileSync('git', ['clone', '--quiet', root, folder]);
  const caches = join(folder, '.caches');
  await mkdir(caches);
  const env = {
    ...process.env,
    BREW_PORTS: 'free',
    npm_config_cache: join(caches, 'npm'),
    npm_config_store_dir: join(caches, 'pnpm'),
    MAVEN_OPTS: `-Dmaven.repo.local=${join(caches, 'maven')}`,
  };
  const place = { folder, env, signal };
  const print = (what: string, value: string, bar: string) =>
    console.log(`${what.padEnd(44)}${value.padStart(9)}   (bar: ${bar})`);

  console.log(`${machine()}\n`);
  const cold = await start(place);
  print('cold start to the first delivery', `${(await firstDelivery(cold, 0, place)).toFixed(1)} s`, '180 s');
  await delay(WATCHED_MS, undefined, { signal });
  const bytes = await memory(await pidsOf(cold));
  print('memory of everything, after a minute of orders', `${(bytes / GIB).toFixed(2)} GiB`, '2.5 GiB');
  const before = (await delivered(cold.analytics)) ?? 0;
  print('stop, until the last process is gone', `${(await stop(cold)).toFixed(1)} s`, '15 s');

  const warm = await start(place);
  print(
    'warm start to the first delivery',
    `${(await firstDelivery(warm, before, place)).toFixed(1)} s`,
    '45 s',
  );
  await stop(warm);

  const idle = await start(place, '--no-simulator');
  await delay(30_000, undefined, { signal }); // what the start left to do is done by then
  print('CPU without customers', `${(await cpu(idle, place)).toFixed(0)} %`, '25 % of one core');
  await stop(idle);
}

const readOptions = () =>
  readFlags({ help: { type: 'boolean', short: 'h' } }).help ? undefined : ('none' as const);

async function measureIn(_none: 'none', { signal }: Life): Promise<boolean> {
  const folder = join(await mkdtemp(join(tmpdir(), 'brew-bench-')), 'brew');
  try {
    await measure(folder, signal);
  } finally {
    if (child) await stop({ child });
    await rm(join(folder, '..'), { recursive: true, force: true });
  }
  return true;
}

process.exit(await runBench({ help, readOptions, measure: measureIn }));
