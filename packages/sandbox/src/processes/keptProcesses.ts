import { join } from 'node:path';
import type { BrewError } from '@brew/events';
import type { Library } from '@brew/kafka';
import { freeMiB, ROOM_MIB } from '../disk.ts';
import { ControlRefusedError, PortTakenError, StartTimeoutError } from '../errors.ts';
import { layout } from '../paths.ts';
import { requireDisk, requirePorts } from '../preflight.ts';
import type { Fate, Hindrance } from './fate.ts';
import { createKeeper } from './keeper.ts';
import { lastLinesOf } from './lastLines.ts';
import type { RunFile } from './runFile.ts';
import {
  createSupervisor,
  diedError,
  type Exit,
  type ManagedProcess,
  type ProcessSpec,
  type StopGroup,
} from './supervisor.ts';

/** How a process is known to be ready; rejects when it isn't in time, or when the signal is aborted. */
type Ready = (waiting: { signal: AbortSignal; timeoutMs: number }) => Promise<unknown>;

/** The processes of a run: those that have been started stay up, until somebody stops them. */
export interface KeptProcesses {
  /** Starts a process for the first time; resolves when it is ready. From then on it is kept running. */
  run(spec: ProcessSpec, ready: Ready): Promise<void>;
  /** Starts one again; resolves when it is ready, at once if it is. From now on it is kept running, also when this fails. */
  again(name: string): Promise<void>;
  /** From its next start on, whoever starts it, it talks to Kafka by this library. @throws ControlRefusedError when it has none to choose */
  chooseLibrary(name: string, library: Library): void;
  /** Sends a signal that ends it. It stays away until it is started. */
  kill(name: string, signal: NodeJS.Signals): Promise<Exit>;
  /** Ends it in order, or at once when that takes too long. It stays away until it is started. */
  end(name: string): Promise<void>;
  /** @throws LowDiskError when the disk has no room for a start */
  requireRoom(): Promise<void>;
  running(): ManagedProcess[];
  isRunning(name: string): boolean;
  /** By name: what becomes of those that were stopped or have died. */
  fates(): Record<string, Fate>;
  /** The logs of those that have been started. */
  logs(): string[];
  /** Starts nothing any more, and stops group after group and whatever else there is. */
  stop(groups: readonly StopGroup[]): Promise<void>;
}

export interface KeptProcessesOptions {
  dir: string;
  runFile: RunFile;
  /** Aborted when the start fails or is given up. */
  signal: AbortSignal;
  /** A process that was ready has ended by itself, or can't be started again after that. */
  onExit: (error: BrewError, name: string) => void;
  /** What becomes of a process that was stopped or has died; undefined: it is started by hand. */
  onFate: (name: string, fate: Fate | undefined) => void;
  /** Each time that one is ready. */
  onReady: (process: ManagedProcess) => void;
}

interface Known {
  spec: ProcessSpec;
  ready: Ready;
}

/** The slowest, a broker that has to recover its log on a busy machine, stays well below. */
const READY_MS = 90_000;
/** A broker hands over its partitions, a service finishes what it has begun. Those that take longer are killed. */
const END_GRACE_MS = 15_000;

export function createKeptProcesses(options: KeptProcessesOptions): KeptProcesses {
  const { dir, runFile, signal, onExit, onFate, onReady } = options;
  const { logs } = layout(dir);
  const known = new Map<string, Known>();
  const launching = new Map<string, Promise<void>>();
  /** Those that were stopped on purpose, with which stop it was. */
  const left = new Map<string, symbol>();
  /** Those that were ready: nobody waits for them, so that their end has to be told. */
  const unattended = new WeakSet<ManagedProcess>();
  const supervisor = createSupervisor({
    logs,
    runFile,
    onExit: (process, exit) => void onEnd(process, exit),
  });
  const runningNamed = (name: string) => supervisor.running().find((process) => process.name === name);
  const isRunning = (name: string) => runningNamed(name) !== undefined;
  const keeper = createKeeper({
    launch: async (name) => launch(processNamed(name)),
    isRunning,
    hindrance,
    onFate: tellFate,
    onFailure: (name, error) => onExit(error as BrewError, name),
  });

  async function hindrance(name: string): Promise<Hindrance | undefined> {
    if ((await freeMiB(dir)) < ROOM_MIB) return { state: 'no-room' };
    try {
      await requirePorts(processNamed(name).spec.ports);
      return undefined;
    } catch (error) {
      if (error instanceof PortTakenError) return { state: 'port-taken', by: error.by };
      throw error;
    }
  }
  async function onEnd(managed: ManagedProcess, exit: Exit): Promise<void> {
    if (!unattended.has(managed)) return;
    const livedMs = performance.now() - managed.startedAt;
    onExit(await diedError(managed, exit), managed.name);
    keeper.died(managed.name, livedMs);
  }
  function tellFate(name: string, fate: Fate | undefined): void {
    void runFile.note(name, fate);
    onFate(name, fate);
  }
  function processNamed(name: string): Known {
    const process = known.get(name);
    if (process) return process;
    throw new ControlRefusedError(`There is no process ${name}. There are: ${[...known.keys()].join(', ')}.`);
  }

  /** Of two that want it at the same time, the second one waits for what the first has begun. */
  function launch(process: Known): Promise<void> {
    const { name } = process.spec;
    const begun = launching.get(name) ?? startAndAwait(process).finally(() => launching.delete(name));
    launching.set(name, begun);
    return begun;
  }
  async function startAndAwait({ spec, ready }: Known): Promise<void> {
    signal.throwIfAborted();
    const managed = runningNamed(spec.name) ?? (await start(spec));
    const whenReady = supervisor.whileAlive(managed, async (alive) => {
      try {
        await ready({ signal: AbortSignal.any([alive, signal]), timeoutMs: READY_MS });
        unattended.add(managed);
      } catch (error) {
        signal.throwIfAborted();
        const lines = await lastLinesOf(managed.logFile);
        throw new StartTimeoutError(spec.name, READY_MS / 1000, managed.logFile, lines, error);
      }
    });
    await whenReady.catch(async (error) => {
      // Somebody may have come in between, after it was looked and before it listened.
      if (!isRunning(spec.name)) await requirePorts(spec.ports);
      throw error;
    });
    onReady(managed);
  }
  async function start(spec: ProcessSpec): Promise<ManagedProcess> {
    // Whoever has taken its place, such as an instance that was started by hand, would answer for it.
    await requirePorts(spec.ports);
    // DANGER: a broker that can't write its checkpoints takes that for a corrupt log, and empties it, that of the metadata included.
    await requireDisk(dir, ROOM_MIB);
    const managed = await supervisor.start(spec);
    if (left.has(spec.name)) void supervisor.end(spec.name, END_GRACE_MS); // stopped before it was there
    return managed;
  }
  function leave(name: string): void {
    left.set(name, Symbol(name));
    keeper.leave(name);
    tellFate(name, { state: 'stopped' });
  }

  return {
    async run(spec, ready) {
      const process = { spec, ready };
      known.set(spec.name, process);
      await launch(process);
      keeper.adopt(spec.name);
    },
    async again(name) {
      processNamed(name);
      const stop = left.get(name);
      const stoppedStart = stop && launching.get(name);
      if (stoppedStart) {
        await stoppedStart.catch(() => {}); // nobody is to join that one
        if (left.get(name) !== stop) throw new ControlRefusedError(`${name} was stopped meanwhile.`);
      }
      left.delete(name);
      tellFate(name, undefined);
      await keeper.start(name);
    },
    chooseLibrary(name, library) {
      const { spec, ready } = processNamed(name);
      if (spec.by === undefined) throw new ControlRefusedError(`${name} has no Kafka client to choose.`);
      known.set(name, { spec: spec.by(library), ready });
    },
    async kill(name, signal) {
      if (isRunning(name)) leave(name);
      return supervisor.kill(name, signal);
    },
    async end(name) {
      processNamed(name);
      leave(name);
      await supervisor.end(name, END_GRACE_MS);
    },
    running: supervisor.running,
    isRunning,
    fates: runFile.fates,
    requireRoom: () => requireDisk(dir, ROOM_MIB),
    logs: () => [...known.keys()].map((name) => join(logs, `${name}.log`)),
    async stop(groups) {
      keeper.close();
      for (const group of groups) await supervisor.stop(group);
      // What was just being started.
      await Promise.allSettled(launching.values());
      await supervisor.stop({ names: supervisor.running().map(({ name }) => name), graceMs: 0 });
    },
  };
}
