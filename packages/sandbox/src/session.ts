import { type Logger, pino } from 'pino';
import { type ProcessDiedError, StartTimeoutError } from './errors.ts';
import type { KafkaMode } from './kafka/nodes.ts';
import { requireSameMode } from './kafka/prepare.ts';
import { defaultCacheDir, defaultDir, layout } from './paths.ts';
import { defaultPorts, type Ports, type PortUse } from './ports.ts';
import { requireDisk, requirePorts, requireWritable } from './preflight.ts';
import { lastLinesOf } from './processes/lastLines.ts';
import { claimRun } from './processes/runFile.ts';
import { stepBack } from './processes/stepBack.ts';
import {
  createSupervisor,
  type Exit,
  type ManagedProcess,
  type ProcessSpec,
  type StopGroup,
} from './processes/supervisor.ts';
import { createSteps, type OnStep, type RunStep } from './steps.ts';

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
  /** Told when a process ends without having been asked to, once the start is complete. */
  onExit?: (error: ProcessDiedError, name: string) => void;
  /** Gives up the start: what was started is stopped, then the start rejects with the signal's reason. */
  signal?: AbortSignal;
  /** For the sandbox's own clients of Kafka and PostgreSQL. Default: silent. */
  log?: Logger;
}

/** How a process is known to be ready; rejects when it isn't in time, or when the signal is aborted. */
type Ready = (waiting: { signal: AbortSignal; timeoutMs: number }) => Promise<unknown>;

/** What the parts of a start share. */
export interface Session {
  dir: string;
  ports: Ports;
  kafka: KafkaMode;
  cacheDir: string;
  log: Logger;
  /** Aborted when the start fails or is given up. */
  signal: AbortSignal;
  step: RunStep;
  /** Starts a process and resolves when it is ready. */
  run(spec: ProcessSpec, ready: Ready): Promise<void>;
  /** Starts a process that has ended again, in the same way. */
  again(name: string): Promise<void>;
  /** Waits for parts that go side by side. When one fails, the others are given up and awaited, too. */
  together<const Parts extends readonly Promise<unknown>[]>(
    parts: Parts,
  ): Promise<{ -readonly [P in keyof Parts]: Awaited<Parts[P]> }>;
  kill(name: string, signal: NodeJS.Signals): Promise<Exit>;
  running(): ManagedProcess[];
  /** Stops group after group and whatever else there is, and gives the folder free. */
  stop(groups: readonly StopGroup[]): Promise<void>;
  /**
   * From now on, a process that ends is reported through onExit. Where some are named as `inFront`, all others come
   * behind them when there is too little CPU: not before, for a start must not depend on what else the machine does.
   */
  complete(options?: { inFront?: readonly string[] }): Promise<void>;
}

/** The slowest, a broker that has to recover its log on a busy machine, stays well below. */
const readyTimeoutMs = 90_000;

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
  const { kafka = 'combined', onExit = () => {} } = options;
  await requireWritable(dir);
  await requireDisk(dir, neededMiB);
  await requireSameMode(dir, kafka);
  const runFile = await claimRun(dir, ports, kafka);
  await requirePorts(portsNeeded(ports)).catch(async (error) => {
    await runFile.release();
    throw error;
  });

  let starting = true;
  let front: readonly string[] | undefined;
  const supervisor = createSupervisor({
    logs: layout(dir).logs,
    runFile,
    // While starting, whoever waits for the process to get ready reports its end.
    onExit: (error, name) => !starting && onExit(error, name),
  });
  const giveUp = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, giveUp.signal]) : giveUp.signal;
  const known = new Map<string, { spec: ProcessSpec; ready: Ready }>();

  const letFrontPass = async ({ name, pid }: ManagedProcess) => {
    if (front !== undefined && !front.includes(name)) await stepBack(pid);
  };
  const run = async (spec: ProcessSpec, ready: Ready) => {
    known.set(spec.name, { spec, ready });
    signal.throwIfAborted();
    const managed = await supervisor.start(spec);
    await supervisor.whileAlive(managed, async (alive) => {
      try {
        await ready({ signal: AbortSignal.any([alive, signal]), timeoutMs: readyTimeoutMs });
      } catch (error) {
        signal.throwIfAborted();
        const lines = await lastLinesOf(managed.logFile);
        throw new StartTimeoutError(spec.name, readyTimeoutMs / 1000, managed.logFile, lines, error);
      }
    });
    await letFrontPass(managed);
  };

  return {
    dir,
    ports,
    kafka,
    cacheDir,
    log: options.log ?? pino({ level: 'silent' }),
    signal,
    step: createSteps(options.onStep),
    run,
    async again(name) {
      const process = known.get(name);
      if (process === undefined) throw new Error(`There is no process ${name} to start again.`);
      await run(process.spec, process.ready);
    },
    async together(parts) {
      try {
        return await Promise.all(parts);
      } catch (error) {
        giveUp.abort(error);
        await Promise.allSettled(parts);
        throw error;
      }
    },
    kill: supervisor.kill,
    running: supervisor.running,
    async stop(groups) {
      giveUp.abort(new Error('Stopped.'));
      for (const group of groups) await supervisor.stop(group);
      await runFile.release();
    },
    async complete({ inFront } = {}) {
      starting = false;
      front = inFront;
      for (const process of supervisor.running()) await letFrontPass(process);
    },
  };
}
