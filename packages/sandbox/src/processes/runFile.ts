import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AlreadyRunningError } from '../errors.ts';
import type { KafkaMode } from '../kafka/nodes.ts';
import { layout } from '../paths.ts';
import type { Ports } from '../ports.ts';
import { claim } from './claim.ts';
import type { Fate } from './fate.ts';
import { isAlive, processIdentity } from './processIdentity.ts';

/** A process that the sandbox started, as run.json keeps it. */
export interface RecordedProcess {
  name: string;
  pid: number;
  /** Tells it from a later process with the same pid. */
  identity: string;
  /** Asks it to end in order. */
  stopSignal: NodeJS.Signals;
  /** Ends it at once. */
  killSignal: NodeJS.Signals;
  logFile: string;
}

/** What runs from a folder of the sandbox: the content of its run.json. */
export interface RunRecord {
  /** The process that started everything and stops it. */
  pid: number;
  identity: string;
  dir: string;
  /** ISO 8601. */
  startedAt: string;
  /** The same, when all of it was ready for the first time; left out before. */
  readyAt?: string;
  ports: Ports;
  kafka: KafkaMode;
  processes: RecordedProcess[];
  /** By name, of processes that were stopped or have died: see fate.ts. */
  fates: Record<string, Fate>;
}

/** run.json while it is ours. */
export interface RunFile {
  /** Writes a process down, or takes the place of an earlier one of the same name. */
  add(recorded: RecordedProcess): Promise<void>;
  /** Strikes a process off; a later one of the same name stays. */
  remove(name: string, pid: number): Promise<void>;
  /** Writes down that all of it is ready. */
  ready(): Promise<void>;
  /** Writes down what becomes of a process, or (undefined) that there is nothing to tell. */
  note(name: string, fate: Fate | undefined): Promise<void>;
  /** What was noted, also where there was no room to write it down. */
  fates(): Record<string, Fate>;
  /** Removes run.json: nothing runs any more. */
  release(): Promise<void>;
}

/** How long leftovers have to end in order before they are killed. */
const leftoverGraceMs = 8_000;

/** What could not be written, for want of room, is written so much later. */
const WRITE_AGAIN_MS = 1_000;

/** What runs from this folder or was left there by a run that was killed; undefined when neither. */
export async function readRun(dir: string): Promise<RunRecord | undefined> {
  try {
    // Older versions told nothing of fates.
    return {
      fates: {},
      ...(JSON.parse(await readFile(layout(dir).runFile, 'utf8')) as Omit<RunRecord, 'fates'>),
    };
  } catch {
    return undefined;
  }
}

/**
 * Makes this process the one that runs the sandbox in `dir`. Ends what a killed run left behind there.
 *
 * @throws AlreadyRunningError when another process runs it
 */
export async function claimRun(dir: string, ports: Ports, kafka: KafkaMode = 'combined'): Promise<RunFile> {
  const { runFile } = layout(dir);
  await mkdir(dir, { recursive: true });
  const claimed = await claim(dir);
  const record: RunRecord = {
    pid: process.pid,
    identity: (await processIdentity(process.pid)) ?? '',
    dir,
    startedAt: new Date().toISOString(),
    ports,
    kafka,
    processes: [],
    fates: {},
  };
  // Written aside first: a reader, or a SIGKILL at the wrong moment, never meets half a file.
  const aside = `${runFile}.${process.pid}`;
  const write = async () => {
    await writeFile(aside, `${JSON.stringify(record, null, 2)}\n`);
    await rename(aside, runFile);
  };
  try {
    await endLeftovers(dir);
    await write();
  } catch (error) {
    await rm(aside, { force: true });
    await claimed.release();
    throw error;
  }

  // One write after the other, each of what there is by then: processes start and end side by side, and the last write has to win.
  let writing = Promise.resolve();
  let later: NodeJS.Timeout | undefined;
  let released = false;
  const save = () => {
    clearTimeout(later);
    writing = writing
      .then(() => (released ? undefined : write()))
      // On a full disk it is written once there is room; what runs goes on.
      .catch(() => {
        later = setTimeout(save, WRITE_AGAIN_MS).unref();
      });
    return writing;
  };
  return {
    add(recorded) {
      record.processes = [...record.processes.filter(({ name }) => name !== recorded.name), recorded];
      return save();
    },
    remove(name, pid) {
      record.processes = record.processes.filter((one) => one.name !== name || one.pid !== pid);
      return save();
    },
    ready() {
      record.readyAt = new Date().toISOString();
      return save();
    },
    note(name, fate) {
      const { [name]: _, ...others } = record.fates;
      record.fates = fate === undefined ? others : { ...others, [name]: fate };
      return save();
    },
    fates: () => record.fates,
    async release() {
      released = true;
      clearTimeout(later);
      await writing;
      for (const file of [aside, runFile]) await rm(file, { force: true });
      await claimed.release();
    },
  };
}

/**
 * Ends the processes of a run whose own process was killed, in order or (`now`) at once, and removes its run.json. The caller has claimed
 * the folder.
 *
 * @throws AlreadyRunningError when that run is alive
 */
export async function endLeftovers(dir: string, { now = false } = {}): Promise<void> {
  const record = await readRun(dir);
  if (record !== undefined && (await isAlive(record))) throw new AlreadyRunningError(record.pid, dir);
  let left = await alive(record?.processes ?? []);
  if (!now) for (const { pid, stopSignal } of left) signalQuietly(pid, stopSignal);
  const deadline = Date.now() + (now ? 0 : leftoverGraceMs);
  while (left.length > 0) {
    if (Date.now() >= deadline) {
      for (const { pid, killSignal } of left) {
        signalQuietly(pid, 'SIGCONT'); // one that is frozen would never hear of it, unless it is SIGKILL
        signalQuietly(pid, killSignal);
      }
    }
    await delay(50);
    left = await alive(left);
  }
  await rm(layout(dir).runFile, { force: true });
}

async function alive<P extends RecordedProcess>(processes: P[]): Promise<P[]> {
  const answers = await Promise.all(processes.map(isAlive));
  return processes.filter((_, index) => answers[index]);
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}
