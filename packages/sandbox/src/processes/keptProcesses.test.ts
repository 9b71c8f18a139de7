import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { brokerAnswers } from '../kafka/ready.ts';
import { freePorts, type Ports, usesOf } from '../ports.ts';
import { until } from '../testing/until.ts';
import { createKeptProcesses, type KeptProcesses } from './keptProcesses.ts';
import { claimRun, type RunFile, readRun } from './runFile.ts';
import type { ProcessSpec } from './supervisor.ts';

// Processes of Node that listen on the port of a service: what keeps them does not know the difference.

let dir: string;
let ports: Ports;
let runFile: RunFile;
let processes: KeptProcesses;
let exits: string[];
let fates: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-kept-'));
  ports = await freePorts();
  runFile = await claimRun(dir, ports);
  exits = [];
  fates = [];
  processes = createKeptProcesses({
    dir,
    runFile,
    signal: new AbortController().signal,
    onExit: (error, name) => exits.push(`${name} ${error.code}`),
    onFate: (name, fate) => fates.push(`${name} ${fate?.state}`),
    onReady: () => {},
  });
});
afterEach(async () => {
  await processes.stop([]);
  await runFile.release();
  await rm(dir, { recursive: true });
});

/** Dies at its start as long as there is a file `broken`. Says in a file `library` by which it would talk to Kafka. */
function courier(library = 'usual'): ProcessSpec {
  const script = `
    require('node:fs').writeFileSync(${JSON.stringify(join(dir, 'library'))}, ${JSON.stringify(library)});
    if (require('node:fs').existsSync(${JSON.stringify(join(dir, 'broken'))})) throw new Error('out of luck');
    require('node:net').createServer().listen(${ports.services.courier}, '127.0.0.1');`;
  return {
    name: 'courier',
    command: process.execPath,
    args: ['-e', script],
    cwd: dir,
    env: process.env,
    ports: usesOf(ports, ports.services.courier),
    by: courier,
  };
}
const start = () => processes.run(courier(), (waiting) => brokerAnswers(ports.services.courier, waiting));
const pid = () => processes.running().find(({ name }) => name === 'courier')?.pid ?? 0;
const untilFate = (fate: string) => until(() => fates.at(-1) === `courier ${fate}`, { what: fate });

test('what is killed by its pid comes back, and run.json tells', async () => {
  await start();
  const first = pid();
  process.kill(first, 'SIGKILL');
  await untilFate('waiting');
  await until(async () => (await readRun(dir))?.fates.courier?.state === 'waiting');
  await untilFate('back');
  expect(pid()).not.toBe(first);
  expect(exits).toEqual(['courier BREW_PROCESS_DIED']);
  await until(async () => (await readRun(dir))?.fates.courier?.state === 'back');
  expect((await readRun(dir))?.processes).toMatchObject([{ name: 'courier', pid: pid() }]);
});

test('what is killed or stopped on purpose stays away until it is started', async () => {
  await start();
  await processes.kill('courier', 'SIGKILL');
  expect(fates).toEqual(['courier stopped']);
  await processes.again('courier');
  await processes.end('courier');
  expect(processes.isRunning('courier')).toBe(false);
  await until(async () => (await readRun(dir))?.fates.courier?.state === 'stopped');
  await processes.again('courier');
  expect(fates).toEqual(['courier stopped', 'courier undefined', 'courier stopped', 'courier undefined']);
  expect(exits).toEqual([]);
});

test('what is stopped while it is about to be started again stays away', async () => {
  await start();
  process.kill(pid(), 'SIGKILL');
  await untilFate('waiting');
  await processes.end('courier');
  await processes.again('courier');
  expect(fates).toEqual(['courier waiting', 'courier stopped', 'courier undefined']);
});

test('what is stopped in the moment of its start does not stay', async () => {
  await start();
  await processes.end('courier');
  const started = processes.again('courier');
  await processes.end('courier');
  // It may have been ready before the signal reached it.
  expect([undefined, 'BREW_PROCESS_DIED']).toContain(await started.catch((error) => error.code));
  expect(processes.running()).toEqual([]);
  expect(fates.at(-1)).toBe('courier stopped');
});

test('what is stopped while it is being started can be started at once', async () => {
  await start();
  await processes.end('courier');
  const first = processes.again('courier').catch((error) => error);
  await until(() => processes.isRunning('courier'), { what: 'courier to run' });
  await processes.end('courier');
  await processes.again('courier');
  expect(processes.isRunning('courier')).toBe(true);
  expect(await first).toMatchObject({ code: 'BREW_PROCESS_DIED' });
  expect(exits).toEqual([]);
});

test('what was given another library keeps it, whoever starts it again', async () => {
  const library = () => readFile(join(dir, 'library'), 'utf8');
  await start();
  processes.chooseLibrary('courier', 'kafkajs');
  expect(await library()).toBe('usual');
  await processes.end('courier');
  await processes.again('courier');
  expect(await library()).toBe('kafkajs');
  await rm(join(dir, 'library'));
  process.kill(pid(), 'SIGKILL');
  await untilFate('back');
  expect(await library()).toBe('kafkajs');
});

test('what has no library to choose says so', async () => {
  const { by: _, ...spec } = courier();
  await processes.run(spec, (waiting) => brokerAnswers(ports.services.courier, waiting));
  expect(() => processes.chooseLibrary('courier', 'kafkajs')).toThrow(
    'courier has no Kafka client to choose.',
  );
});

test('what can not be started again is told with its last words, and comes back once it can', async () => {
  await start();
  await writeFile(join(dir, 'broken'), '');
  process.kill(pid(), 'SIGKILL');
  await until(() => exits.length === 2);
  await rm(join(dir, 'broken'));
  await untilFate('back');
  expect(await readFile(join(dir, 'logs/courier.log'), 'utf8')).toContain('out of luck');
});

test('a place that somebody else has taken is named, and who that is', async () => {
  await start();
  await processes.end('courier');
  const other = createServer().listen(ports.services.courier, '127.0.0.1');
  await until(() => other.listening);
  await expect(processes.again('courier')).rejects.toThrow(
    `Port ${ports.services.courier}, needed for the courier service, is taken by process ${process.pid} (`,
  );
  // That is none of its deaths: it waits for its place.
  await untilFate('port-taken');
  expect(processes.fates().courier).toEqual({
    state: 'port-taken',
    by: expect.stringContaining(`is taken by process ${process.pid} (`),
  });
  await new Promise((resolve) => other.close(resolve));
  await untilFate('back');
});

test('so it is when somebody comes in between, after it was looked and before it listens', async () => {
  const others: Server[] = [];
  const takePlace = async () => {
    const other = createServer().listen(ports.services.courier, '127.0.0.1');
    others.push(other);
    await until(() => other.listening);
    return undefined;
  };
  const started = processes.run({ ...courier(), before: takePlace }, ({ signal }) => once(signal, 'abort'));
  await expect(started).rejects.toThrow(
    `Port ${ports.services.courier}, needed for the courier service, is taken by process ${process.pid} (`,
  );
  for (const other of others) other.close();
});

test('two that want it at the same time get the same one', async () => {
  await start();
  await processes.end('courier');
  await Promise.all([processes.again('courier'), processes.again('courier')]);
  expect(processes.running()).toHaveLength(1);
  await processes.again('courier');
  expect(processes.running()).toHaveLength(1);
});

test('a start for the first time that fails is told to who started it alone', async () => {
  await writeFile(join(dir, 'broken'), '');
  await expect(start()).rejects.toMatchObject({ code: 'BREW_PROCESS_DIED' });
  expect({ exits, fates }).toEqual({ exits: [], fates: [] });
});

test('there is no process of another name', async () => {
  await start();
  await expect(processes.end('kafka-9')).rejects.toThrow('There is no process kafka-9. There are: courier.');
});

test('nothing is left when it is stopped in the middle of a start', async () => {
  await start();
  process.kill(pid(), 'SIGKILL');
  await untilFate('waiting');
  const started = processes.again('courier').catch(() => {});
  await processes.stop([]);
  await started;
  expect(processes.running()).toEqual([]);
});
