import { setTimeout as delay } from 'node:timers/promises';
import { controlByHand, findRun, kafkaNodes, type Run } from '@brew/sandbox';
import { ArgumentInvalidError, NotRunningError } from '../errors.ts';
import type { Io } from '../io.ts';
import { brewDir } from '../paths.ts';
import { expectedProcesses } from '../status/status.ts';
import { duration } from '../text/format.ts';
import { suggestion } from '../text/nearest.ts';

/** Who takes longer may wait for something that its user has to do. */
const PATIENCE_MS = 30_000;

/** @throws ArgumentInvalidError: there is no such process; NotRunningError; ControlRefusedError: a drill is under way */
export async function stopProcesses(names: readonly string[], io: Io): Promise<void> {
  const run = await runWith(names);
  await using control = await controlByHand(run.dir);
  for (const name of names) {
    const startedAt = performance.now();
    io.note(`Stopping ${name} …`);
    await control.end(name);
    await io.out(
      `${done(io)} ${name} stopped, after ${since(startedAt)}. It stays so until: npx brew start ${name}`,
    );
  }
}

/** @throws as stopProcesses does; ControlRefusedError also when one can't be started, or runs */
export async function startProcesses(names: readonly string[], io: Io): Promise<void> {
  const run = await runWith(names);
  // All at once, each with a connection of its own: brokers may need each other.
  await Promise.all(names.map((name) => startProcess(name, run, io)));
}

/** @throws as startProcesses does */
export async function restartProcesses(names: readonly string[], io: Io): Promise<void> {
  const run = await runWith(names);
  for (const name of names) {
    {
      await using control = await controlByHand(run.dir);
      io.note(`Stopping ${name} …`);
      await control.end(name);
    }
    await startProcess(name, run, io);
  }
}

async function startProcess(name: string, { dir }: Run, io: Io): Promise<void> {
  const startedAt = performance.now();
  await using control = await controlByHand(dir);
  io.note(`Starting ${name} …`);
  const giveUp = new AbortController();
  const started = control.start(name).then(() => undefined);
  const late = delay(PATIENCE_MS, undefined, { signal: giveUp.signal }).then(() => missingVoters(name, dir));
  const missing = await Promise.race([started, late]).finally(() => giveUp.abort());
  if (missing !== undefined && missing.length > 0) {
    started.catch(() => {}); // from now on `brew status` tells
    return io.out(
      `${name} was started, and is not ready: it waits for a majority of the nodes that vote. Start others: npx brew start ${missing.join(' ')}`,
    );
  }
  await started;
  await io.out(`${done(io)} ${name} is ready, after ${since(startedAt)}.`);
}

/** The nodes without which this one can't be ready: alone it has no majority. */
async function missingVoters(name: string, dir: string): Promise<string[]> {
  const run = await findRun(dir);
  if (run === undefined) return [];
  const nodes = kafkaNodes(dir, run.ports, run.kafka);
  if (!nodes.some((node) => node.name === name)) return [];
  const running = new Set(run.processes.map((process) => process.name));
  const voters = nodes.filter(({ votes }) => votes).map((node) => node.name);
  const missing = voters.filter((voter) => !running.has(voter));
  return 2 * missing.length < voters.length ? [] : missing;
}

async function runWith(names: readonly string[]): Promise<Run> {
  const dir = brewDir();
  const run = await findRun(dir);
  if (!run?.alive) throw new NotRunningError(dir);
  const known = expectedProcesses(run).map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const otherwise = `Take one of: ${known.join(', ')}.`;
    throw new ArgumentInvalidError(`There is no process ${name}.`, suggestion(name, known, otherwise));
  }
  return run;
}

const done = ({ paint }: Io) => paint('green', '✔');
const since = (startedAt: number) => duration(performance.now() - startedAt);
