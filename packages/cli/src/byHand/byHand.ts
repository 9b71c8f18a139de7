import { within } from '@brew/kafka';
import { controlByHand, findRun, kafkaNodes, type Run } from '@brew/sandbox';
import { ArgumentInvalidError, NotRunningError } from '../errors.ts';
import type { Io } from '../io.ts';
import { brewDir } from '../paths.ts';
import { processFacts } from '../status/processFacts.ts';
import { expectedProcesses, statusOf } from '../status/status.ts';
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
export async function startProcesses(
  names: readonly string[],
  io: Io,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const run = await runWith(names);
  // All at once, each with a connection of its own: brokers may need each other.
  await Promise.all(names.map((name) => startProcess(name, run, io, patienceMs)));
}

/** @throws as startProcesses does */
export async function restartProcesses(
  names: readonly string[],
  io: Io,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const run = await runWith(names);
  for (const name of names) {
    {
      await using control = await controlByHand(run.dir);
      io.note(`Stopping ${name} …`);
      await control.end(name);
    }
    await startProcess(name, run, io, patienceMs);
  }
}

async function startProcess(name: string, { dir }: Run, io: Io, patienceMs: number): Promise<void> {
  const startedAt = performance.now();
  await using control = await controlByHand(dir);
  io.note(`Starting ${name} …`);
  const started = control.start(name);
  if (await within(patienceMs, started)) {
    await started;
    return io.out(`${done(io)} ${name} is ready, after ${since(startedAt)}.`);
  }
  started.catch(() => {}); // from now on `brew status` tells
  const reason = await reasonOf(name, dir);
  await io.out(`${name} was started, and is not ready yet${reason === undefined ? '' : `: ${reason}`}`);
  await io.out('The start goes on. See npx brew status');
}

/** What one that is not ready waits for; undefined when nobody tells. */
async function reasonOf(name: string, dir: string): Promise<string | undefined> {
  const run = await findRun(dir);
  const process = run && expectedProcesses(run).find((each) => each.name === name);
  if (run === undefined || process === undefined) return undefined;
  const pid = run.processes.find((each) => each.name === name)?.pid;
  return (await missingVoters(name, run)) ?? (await statusOf(process, pid)).standsStill;
}

/** The nodes without which this one can't be ready: alone it has no majority. */
async function missingVoters(
  name: string,
  { dir, ports, kafka, processes }: Run,
): Promise<string | undefined> {
  const nodes = kafkaNodes(dir, ports, kafka);
  if (!nodes.some((node) => node.name === name)) return undefined;
  const pids = new Map(processes.map((process) => [process.name, process.pid]));
  const voters = nodes.filter(({ votes }) => votes).map((node) => node.name);
  const absent = voters.filter((voter) => !pids.has(voter));
  const all = await Promise.all(
    [...pids].map(async ([name, pid]) => ({ name, pid, ...(await processFacts(pid)) })),
  );
  const frozen = all.filter((process) => process.isFrozen && voters.includes(process.name));
  if (2 * (absent.length + frozen.length) < voters.length) return undefined;
  return [
    'it waits for a majority of the nodes that vote',
    ...frozen.map(({ name, pid }) => `${name} is frozen (SIGSTOP) and goes on with: kill -CONT ${pid}`),
    ...(absent.length === 0 ? [] : [`start others: npx brew start ${absent.join(' ')}`]),
  ].join('; ');
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
