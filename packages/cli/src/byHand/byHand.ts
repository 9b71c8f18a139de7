import { aborted, type Library, within } from '@brew/kafka';
import { controlByHand, findRun, kafkaNodes, type Run } from '@brew/sandbox';
import { ArgumentInvalidError, NotRunningError } from '../errors.ts';
import type { Io } from '../io.ts';
import { brewDir } from '../paths.ts';
import { processFacts } from '../status/processFacts.ts';
import { expectedProcesses, statusOf } from '../status/status.ts';
import { duration } from '../text/format.ts';
import { suggestion } from '../text/nearest.ts';
import { chosenLibrary } from './chosenLibrary.ts';

/** So often it is told that one is not ready yet, and why: it may wait for something that its user has to do. */
const TELL_EVERY_MS = 30_000;
/** A machine with much else to do takes minutes for what else takes seconds. */
const PATIENCE_MS = 180_000;

/** What all of them may be given. */
export interface Waiting {
  /** Aborted when nobody waits any more. What was asked for goes on. */
  signal: AbortSignal;
  tellEveryMs?: number;
  patienceMs?: number;
}

/**
 * @returns false: nobody waited for the end of it, or only for some time
 * @throws ArgumentInvalidError: there is no such process; NotRunningError; ControlRefusedError: a drill is under way
 */
export async function stopProcesses(names: readonly string[], io: Io, { signal }: Waiting): Promise<boolean> {
  const run = await runWith(names);
  await using control = await controlByHand(run.dir);
  for (const [index, name] of names.entries()) {
    const startedAt = performance.now();
    io.note(`Stopping ${name} …`);
    const ended = control.end(name);
    if (!(await settles(ended, signal)))
      return leave(`The stop of ${name}`, ended, leftAlone('stop', names.slice(index + 1)), io);
    await io.out(
      `${done(io)} ${name} stopped, after ${since(startedAt)}. It stays so until: npx brew start ${name}`,
    );
  }
  return true;
}

/**
 * @returns as stopProcesses does
 * @throws as stopProcesses does; ControlRefusedError also when one can't be started, or runs
 */
export async function startProcesses(names: readonly string[], io: Io, waiting: Waiting): Promise<boolean> {
  const run = await runWith(names);
  // All at once, each with a connection of its own: brokers may need each other.
  const all = await Promise.all(names.map((name) => bringUp('start', name, run, io, waiting)));
  return all.every(Boolean);
}

/**
 * @param waiting.client by which services talk to Kafka from then on, in this run
 * @returns as startProcesses does
 * @throws as startProcesses does; ArgumentInvalidError also when there is no such client, or one has none to choose: then nothing was done
 */
export async function restartProcesses(
  names: readonly string[],
  io: Io,
  { client, ...waiting }: Waiting & { client?: string | undefined },
): Promise<boolean> {
  const run = await runWith(names);
  const library = chosenLibrary(client, names);
  for (const [index, name] of names.entries()) {
    const left = leftAlone('restart', names.slice(index + 1), library);
    if (!(await bringUp('restart', name, run, io, waiting, { left, library }))) return false;
  }
  return true;
}

async function bringUp(
  how: 'start' | 'restart',
  name: string,
  { dir }: Run,
  io: Io,
  { signal, tellEveryMs = TELL_EVERY_MS, patienceMs = PATIENCE_MS }: Waiting,
  { left, library }: { left?: string | undefined; library?: Library | undefined } = {},
): Promise<boolean> {
  const startedAt = performance.now();
  await using control = await controlByHand(dir);
  const by = library ? ` with ${library}` : '';
  io.note(`${how === 'start' ? 'Starting' : 'Restarting'} ${name}${by} …`);
  const ready = how === 'start' ? control.start(name) : control.restart(name, library);
  while (!(await within(tellEveryMs, ready, signal))) {
    if (signal.aborted) return leave(`The ${how} of ${name}`, ready, left, io);
    const reason = await reasonOf(name, dir);
    const trouble = `${name} is not ready yet, after ${since(startedAt)}${reason === undefined ? '' : `: ${reason}`}`;
    if (performance.now() - startedAt >= patienceMs) {
      ready.catch(() => {}); // from now on `brew status` tells
      await io.out(trouble);
      await io.out(`The ${how} goes on. See npx brew status`);
      if (left) await io.out(left);
      return false;
    }
    io.note(trouble);
  }
  await ready;
  await io.out(`${done(io)} ${name} is ready${by}, after ${since(startedAt)}.`);
  return true;
}

/** Says what becomes of what was asked for, and of what was to come after it. */
function leave(what: string, asked: Promise<void>, left: string | undefined, io: Io): false {
  asked.catch(() => {});
  io.note(`${what} goes on, and nobody waits for it here. See npx brew status`);
  if (left) io.note(left);
  return false;
}

/** What was to come behind one that is given up, and how to ask for it again. */
function leftAlone(how: string, names: readonly string[], library?: Library): string | undefined {
  if (names.length === 0) return undefined;
  const client = library ? ` --client ${library}` : '';
  return `Nothing was done to ${names.join(', ')}. Go on with: npx brew ${how} ${names.join(' ')}${client}`;
}

/** False: the signal came first. @throws what the work throws */
async function settles(work: Promise<void>, signal: AbortSignal): Promise<boolean> {
  return await Promise.race([work.then(() => true), aborted(signal).then(() => false)]);
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
