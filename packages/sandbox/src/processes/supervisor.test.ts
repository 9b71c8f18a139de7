import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ProcessDiedError } from '../errors.ts';
import { freePorts } from '../ports.ts';
import { until } from '../testing/until.ts';
import { claimRun, type RunFile, readRun } from './runFile.ts';
import { createSupervisor, diedError, type OnExit, type ProcessSpec, type Supervisor } from './supervisor.ts';

let dir: string;
let runFile: RunFile;
let supervisor: Supervisor;
let unexpected: { name: string; error: ProcessDiedError }[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-supervisor-'));
  runFile = await claimRun(dir, await freePorts());
  unexpected = [];
  const onExit: OnExit = async (managed, exit) => {
    unexpected.push({ name: managed.name, error: await diedError(managed, exit) });
  };
  supervisor = createSupervisor({ logs: join(dir, 'logs'), runFile, onExit });
});
afterEach(async () => {
  await supervisor.stop({ names: supervisor.running().map(({ name }) => name), graceMs: 0 });
  await runFile.release();
  await rm(dir, { recursive: true });
});

test('records each process while it runs, and writes its output to its log', async () => {
  const broker = await supervisor.start(shell('kafka-1', 'echo ready; echo careful >&2; sleep 60'));
  expect((await readRun(dir))?.processes).toMatchObject([{ name: 'kafka-1', pid: broker.pid }]);
  await until(async () => (await readFile(broker.logFile, 'utf8')) === 'ready\ncareful\n');

  await supervisor.stop({ names: ['kafka-1'], graceMs: 5_000 });
  expect(await broker.exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(supervisor.running()).toEqual([]);
  await until(async () => (await readRun(dir))?.processes.length === 0);
  expect(unexpected).toEqual([]);
});

test('reports a process that ends by itself, with how and the last lines of its log', async () => {
  const broker = await supervisor.start(shell('kafka-1', 'echo starting; echo out of luck; exit 3'));
  await until(() => unexpected.length > 0);
  expect(unexpected[0]).toMatchObject({
    name: 'kafka-1',
    error: {
      code: 'BREW_PROCESS_DIED',
      message: `kafka-1 ended by itself (exit code 3). Read its log, ${broker.logFile}, which ends with:\nstarting\nout of luck`,
    },
  });
});

test('names the signal when it was killed from outside', async () => {
  const broker = await supervisor.start(shell('kafka-1', 'exec sleep 60'));
  process.kill(broker.pid, 'SIGKILL');
  await until(() => unexpected.length > 0);
  expect(unexpected[0]?.error.message).toContain('kafka-1 ended by itself (signal SIGKILL).');
});

test('a kill that was asked for is no news, and the process can be started again into the same log', async () => {
  const spec = shell('kafka-1', 'echo up; exec sleep 60');
  const first = await supervisor.start(spec);
  await until(async () => (await readFile(first.logFile, 'utf8')) === 'up\n');
  expect(await supervisor.kill('kafka-1', 'SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  const second = await supervisor.start(spec);
  await until(async () => (await readFile(second.logFile, 'utf8')) === 'up\nup\n');
  expect(supervisor.running()).toEqual([second]);
  expect(unexpected).toEqual([]);
});

test('stops waiting for a process to get ready as soon as it is gone', async () => {
  const broker = await supervisor.start(shell('kafka-1', 'echo broken; exit 1'));
  const never = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await expect(supervisor.whileAlive(broker, never)).rejects.toMatchObject({ code: 'BREW_PROCESS_DIED' });
});

test('says so when a command can not be started', async () => {
  const spec = { ...shell('kafka-1', ''), command: '/nowhere/java' };
  await expect(supervisor.start(spec)).rejects.toMatchObject({
    code: 'BREW_PROCESS_DIED',
    message: expect.stringContaining('it could not be started: spawn /nowhere/java ENOENT'),
  });
});

test('kills what does not stop within its grace', async () => {
  const deaf = await startDeaf('kafka-1');
  await supervisor.stop({ names: ['kafka-1'], graceMs: 50 });
  expect(await deaf.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('kills what only waits for the others, once they are gone', async () => {
  const last = await startDeaf('kafka-1', async (left) => left.length === 1);
  const other = await supervisor.start(shell('kafka-2', 'exec sleep 60'));
  await supervisor.stop({ names: ['kafka-1', 'kafka-2'], graceMs: 60_000 });
  expect(await other.exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(await last.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('ends one process in order, and what does not run is ended already', async () => {
  const broker = await supervisor.start(shell('kafka-1', 'exec sleep 60'));
  await supervisor.end('kafka-1', 60_000);
  expect(await broker.exited).toEqual({ code: null, signal: 'SIGTERM' });
  await supervisor.end('kafka-1', 60_000);
  expect(unexpected).toEqual([]);
});

test('ends one that is frozen, although it has to hear the signal, as PostgreSQL does', async () => {
  const script = "trap 'exit 3' INT QUIT; echo up; while :; do sleep 0.1; done";
  const spec: ProcessSpec = { ...shell('postgres', script), stopSignal: 'SIGINT', killSignal: 'SIGQUIT' };
  const frozen = await supervisor.start(spec);
  await until(async () => (await readFile(frozen.logFile, 'utf8')) === 'up\n');
  process.kill(frozen.pid, 'SIGSTOP');
  await supervisor.stop({ names: ['postgres'], graceMs: 50 });
  expect(await frozen.exited).toEqual({ code: 3, signal: null });
});

test('keeps the log of the run before', async () => {
  const spec = shell('kafka-1', 'echo run; exec sleep 60');
  const first = await supervisor.start(spec);
  await until(async () => (await readFile(first.logFile, 'utf8')) === 'run\n');
  await supervisor.end('kafka-1', 5_000);
  const next = createSupervisor({ logs: join(dir, 'logs'), runFile, onExit: () => {} });
  await next.start(spec);
  await until(async () => (await readFile(first.logFile, 'utf8')) === 'run\n');
  expect(await readFile(`${first.logFile}.1`, 'utf8')).toBe('run\n');
  await next.end('kafka-1', 5_000);
});

/** A process that doesn't listen to SIGTERM; resolves when it is deaf. */
async function startDeaf(name: string, mayBeKilled?: ProcessSpec['mayBeKilled']) {
  const spec = shell(name, "trap '' TERM; echo deaf; while :; do sleep 0.1; done");
  const managed = await supervisor.start(mayBeKilled ? { ...spec, mayBeKilled } : spec);
  await until(async () => (await readFile(managed.logFile, 'utf8')) === 'deaf\n');
  return managed;
}

function shell(name: string, script: string): ProcessSpec {
  return { name, command: '/bin/sh', args: ['-c', script], cwd: dir, env: process.env, ports: [] };
}
