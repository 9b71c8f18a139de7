import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

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
/** Clock ticks in a second, as /proc/PID/stat counts CPU time: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const WATCHED_MS = 60_000;

interface Run {
  child: ChildProcess;
  started: number;
  /** Where analytics listens. */
  analytics: string;
}

/** `npm start` as a user types it; resolves when analytics answers. */
async function start(folder: string, env: NodeJS.ProcessEnv, ...flags: string[]): Promise<Run> {
  const started = performance.now();
  const child = spawn('npm', ['start', '--', ...flags], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`npm start ended with ${child.exitCode}; its last words are above.`);
    const analytics = await analyticsOf(folder);
    if (analytics && (await delivered(analytics)) !== undefined) return { child, started, analytics };
    await delay(50);
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
async function firstDelivery({ started, analytics }: Run, before: number): Promise<number> {
  while (((await delivered(analytics)) ?? 0) <= before) await delay(50);
  return (performance.now() - started) / 1000;
}

/** Seconds from SIGTERM until every process is gone. */
async function stop({ child }: Run): Promise<number> {
  const pids = await descendants(child.pid ?? 0);
  const asked = performance.now();
  child.kill('SIGTERM');
  while ((await Promise.all(pids.map(statOf))).some(Boolean)) await delay(20);
  return (performance.now() - asked) / 1000;
}

async function statOf(pid: number): Promise<{ parent: number; ticks: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // after the name, which may hold anything
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

/** A process and all below it: npm, the supervisor, brokers, registry, PostgreSQL with its backends, services. */
async function descendants(ancestor: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) && (await statOf(Number(name)));
    if (stat) parents.set(Number(name), stat.parent);
  }
  const belongs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === ancestor || belongs(parents.get(pid)));
  return [...parents.keys()].filter(belongs);
}

/**
 * Resident bytes as proportional set size: pages that processes share (PostgreSQL's buffers, Node's code) count once.
 */
async function memory(pids: number[]): Promise<number> {
  const sizes = pids.map(async (pid) => {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Percent of one core that a run and all below it take, over a minute. */
async function cpu({ child }: Run): Promise<number> {
  const ticks = async () => {
    const stats = await Promise.all((await descendants(child.pid ?? 0)).map(statOf));
    return stats.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0);
  };
  const before = await ticks();
  await delay(WATCHED_MS);
  return (((await ticks()) - before) / TICKS_PER_SECOND / (WATCHED_MS / 1000)) * 100;
}

async function measure(folder: string): Promise<void> {
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
  const print = (what: string, value: string, bar: string) =>
    console.log(`${what.padEnd(44)}${value.padStart(9)}   (bar: ${bar})`);

  console.log(`${cpus().length} cores, ${(totalmem() / GIB).toFixed(0)} GiB, ${cpus()[0]?.model.trim()}\n`);
  const cold = await start(folder, env);
  print('cold start to the first delivery', `${(await firstDelivery(cold, 0)).toFixed(1)} s`, '180 s');
  await delay(WATCHED_MS);
  const bytes = await memory(await descendants(cold.child.pid ?? 0));
  print('memory of everything, after a minute of orders', `${(bytes / GIB).toFixed(2)} GiB`, '2.5 GiB');
  const before = (await delivered(cold.analytics)) ?? 0;
  print('stop, until the last process is gone', `${(await stop(cold)).toFixed(1)} s`, '15 s');

  const warm = await start(folder, env);
  print('warm start to the first delivery', `${(await firstDelivery(warm, before)).toFixed(1)} s`, '45 s');
  await stop(warm);

  const idle = await start(folder, env, '--no-simulator');
  await delay(30_000); // what the start left to do is done by then
  print('CPU without customers', `${(await cpu(idle)).toFixed(0)} %`, '25 % of one core');
  await stop(idle);
}

if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help) {
  console.log(help);
} else {
  const folder = join(await mkdtemp(join(tmpdir(), 'brew-bench-')), 'brew');
  try {
    await measure(folder);
  } finally {
    await rm(join(folder, '..'), { recursive: true, force: true });
  }
}
