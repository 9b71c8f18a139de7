import { join } from 'node:path';
import type { BrewError } from '@brew/events';
import { type Logger, pino } from 'pino';
import { type ControlServer, serveControl } from './control/server.ts';
import type { KafkaMode } from './kafka/nodes.ts';
import { requireSameMode } from './kafka/prepare.ts';
import { defaultCacheDir, defaultDir, layout } from './paths.ts';
import { defaultPorts, type Ports, type PortUse } from './ports.ts';
import { requireDisk, requirePorts, requireWritable } from './preflight.ts';
import type { Fate } from './processes/fate.ts';
import { createKeptProcesses, type KeptProcesses } from './processes/keptProcesses.ts';
import { claimRun } from './processes/runFile.ts';
import { stepBack } from './processes/stepBack.ts';
import type { ManagedProcess, StopGroup } from './processes/supervisor.ts';
import { createSteps, type OnStep, type RunStep } from './steps.ts';
import { tend } from './tend.ts';

export interface SandboxOptions {
  /** Where data, logs and settings are kept. Default: .brew in the checkout. */
  dir?: string;
  /** Default: the addresses that the documentation names. */
  ports?: Ports;
  /** Default: combined. */
  kafka?: KafkaMode;
  /** Downloads, shared by all folders. Default: .brew/cache in the checkout. */
  cacheDir?: string;
  /** Told of each step of the start. */
  onStep?: OnStep;
  /** Told when a process that was ready ends without having been asked to, or can't be started again after that. */
  onExit?: (error: BrewError, name: string) => void;
  /** Told what becomes of a process that was stopped or has died; undefined: it was started by hand. */
  onFate?: (name: string, fate: Fate | undefined) => void;
  /** Told when the disk has little room left, and when it has enough again: a sentence. */
  onDisk?: (text: string) => void;
  /** Gives up the start: what was started is stopped, then the start rejects with the signal's reason. */
  signal?: AbortSignal;
  /** For the sandbox's own clients of Kafka and PostgreSQL. Default: silent. */
  log?: Logger;
}

/** What the parts of a start share. */
export interface Session extends Omit<KeptProcesses, 'stop'> {
  dir: string;
  ports: Ports;
  kafka: KafkaMode;
  cacheDir: string;
  log: Logger;
  /** Aborted when the start fails or is given up. */
  signal: AbortSignal;
  step: RunStep;
  /** Waits for parts that go side by side. When one fails, the others are given up and awaited, too. */
  together<const Parts extends readonly Promise<unknown>[]>(
    parts: Parts,
  ): Promise<{ -readonly [P in keyof Parts]: Awaited<Parts[P]> }>;
  /** Ends all processes, as KeptProcesses does, and gives the folder free. */
  stop(groups: readonly StopGroup[]): Promise<void>;
  /**
   * From now on, another process of this user can end and start what runs here: see control/. Where some are named as `inFront`, all others come
   * behind them when there is too little CPU: not before, for a start must not depend on what else the machine does.
   */
  complete(options?: { inFront?: readonly string[] }): Promise<void>;
}

/** Downloads, and Maven's own copies of them, are 450 MB, empty databases and logs 150 MB; orders need room, too. */
const neededMiB = 1024;

/**
 * Makes this process the one that runs the sandbox in a folder: checks what can be checked before anything is
 * started, and ends what a killed run left there.
 */
export async function openSession(
  options: SandboxOptions,
  portsNeeded: (ports: Ports) => PortUse[],
): Promise<Session> {
  const { dir = defaultDir, ports = defaultPorts, cacheDir = defaultCacheDir } = options;
  const { kafka = 'combined', onExit = () => {}, onFate = () => {}, onDisk = () => {} } = options;
  await requireWritable(dir);
  await requireDisk(dir, neededMiB);
  await requireSameMode(dir, kafka);
  const runFile = await claimRun(dir, ports, kafka);
  await requirePorts(portsNeeded(ports)).catch(async (error) => {
    await runFile.release();
    throw error;
  });

  let front: readonly string[] | undefined;
  let control: ControlServer | undefined;
  const giveUp = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, giveUp.signal]) : giveUp.signal;
  const letFrontPass = async ({ name, pid }: ManagedProcess) => {
    if (front !== undefined && !front.includes(name)) await stepBack(pid);
  };
  const processes = createKeptProcesses({
    dir,
    runFile,
    signal,
    onExit: (error, name) => !signal.aborted && onExit(error, name),
    onFate: (name, fate) => !signal.aborted && onFate(name, fate),
    onReady: (process) => void letFrontPass(process),
  });
  const logs = () => [...processes.logs(), join(layout(dir).logs, 'supervisor.log')];
  const tending = new AbortController();
  void tend({ dir, logs, onDisk, signal: tending.signal });

  return {
    dir,
    ports,
    kafka,
    cacheDir,
    log: options.log ?? pino({ level: 'silent' }),
    signal,
    step: createSteps(options.onStep),
    ...processes,
    async together(parts) {
      try {
        return await Promise.all(parts);
      } catch (error) {
        giveUp.abort(error);
        await Promise.allSettled(parts);
        throw error;
      }
    },
    async stop(groups) {
      tending.abort();
      giveUp.abort(new Error('Stopped.'));
      await control?.close();
      await processes.stop(groups);
      await runFile.release();
    },
    async complete({ inFront } = {}) {
      front = inFront;
      for (const process of processes.running()) await letFrontPass(process);
      // Where there can't be a socket, everything else goes on; who wants to use it is told.
      control = await serveControl(dir, processes).catch(() => undefined);
      await runFile.ready();
    },
  };
}
