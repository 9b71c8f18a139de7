import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { layout } from '../paths.ts';
import { freePorts, type Ports } from '../ports.ts';
import { findRun } from '../runs.ts';
import { processIdentity } from './processIdentity.ts';
import { claimRun, endLeftovers, type RecordedProcess, type RunRecord, readRun } from './runFile.ts';

let dir: string;
let ports: Ports;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-run-'));
  ports = await freePorts();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true });
});

test('a second start in the same folder is told who runs there', async () => {
  const run = await claimRun(dir, ports);
  await expect(claimRun(dir, ports)).rejects.toMatchObject({
    code: 'BREW_ALREADY_RUNNING',
    message: `Brew runs already as process ${process.pid}, in ${dir}. Use that one, or stop it first with: npx brew stop.`,
  });
  await run.release();
  await (await claimRun(dir, ports)).release();
});

test('of two starts at once only one wins', async () => {
  const outcomes = await Promise.allSettled([claimRun(dir, ports), claimRun(dir, ports)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('keeps the list of processes, and leaves nothing when released', async () => {
  const run = await claimRun(dir, ports);
  const [first, second] = [await startChild('sleep', '60'), await startChild('sleep', '60')];
  await Promise.all([
    run.add(first),
    run.add({ ...second, name: 'registry' }),
    run.remove('registry', second.pid),
  ]);
  expect((await readRun(dir))?.processes).toEqual([first]);
  await run.release();
  // The end of a process may be noticed after the release.
  await run.remove('kafka-1', first.pid);
  expect(await readdir(dir)).toEqual(['claims']);
});

test('ends what a killed run left behind, and then starts', async () => {
  const left = await startChild('sleep', '60');
  await leaveBehind([left]);
  expect(await findRun(dir)).toMatchObject({ alive: false, processes: [left] });

  const run = await claimRun(dir, ports);
  expect(await processIdentity(left.pid)).toBeUndefined();
  await run.release();
});

test('lets a process live that only has the pid of one that was left behind', async () => {
  const innocent = await startChild('sleep', '60');
  await leaveBehind([{ ...innocent, identity: 'of an earlier process' }]);
  expect(await findRun(dir)).toBeUndefined();
  await endLeftovers(dir);
  expect(await processIdentity(innocent.pid)).toBe(innocent.identity);
});

test('kills leftovers that don’t listen, when it has to be now', async () => {
  const stubborn = await startChild('sh', '-c', "trap '' TERM; echo deaf; while :; do sleep 1; done");
  await once(children[0]?.stdout as NodeJS.EventEmitter, 'data');
  await leaveBehind([stubborn]);
  await endLeftovers(dir, { now: true });
  expect(await processIdentity(stubborn.pid)).toBeUndefined();
});

async function startChild(command: string, ...args: string[]): Promise<RecordedProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const pid = child.pid ?? 0;
  const identity = (await processIdentity(pid)) ?? '';
  const signals = { stopSignal: 'SIGTERM', killSignal: 'SIGKILL' } as const;
  return { name: 'kafka-1', pid, identity, ...signals, logFile: join(dir, 'kafka-1.log') };
}

/** Writes the run.json of a run whose own process is gone. */
async function leaveBehind(processes: RecordedProcess[]): Promise<void> {
  const gone = spawn('true');
  await once(gone, 'exit');
  const record: RunRecord = {
    pid: gone.pid ?? 0,
    identity: 'gone',
    dir,
    startedAt: new Date().toISOString(),
    ports,
    kafka: 'combined',
    processes,
    fates: {},
  };
  await writeFile(layout(dir).runFile, JSON.stringify(record));
}
