import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Library } from '@brew/kafka';
import { ProcessDiedError } from '../errors.ts';
import type { PortUse } from '../ports.ts';
import { lastLinesOf } from './lastLines.ts';
import { beginLog } from './logFiles.ts';
import { processIdentity } from './processIdentity.ts';
import type { RunFile } from './runFile.ts';

/** How to run a child process. */
export interface ProcessSpec {
  /** Unique among the sandbox's processes: the name of its log, and what kill() goes by. */
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The same with another library to talk to Kafka by; left out where there is none to choose. */
  by?: (library: Library) => ProcessSpec;
  /** Done before each start, also when it has died. @returns what is worth a line in its log */
  before?: () => Promise<string | undefined>;
  /** What it listens on. Who has one of these by now is told before it is started again. */
  ports: readonly PortUse[];
  /** Run as another user; only root may. */
  user?: { uid: number; gid: number } | undefined;
  /** Asks for an orderly end; SIGTERM by default. */
  stopSignal?: NodeJS.Signals;
  /** Ends it at once, and whatever it started with it; SIGKILL by default. */
  killSignal?: NodeJS.Signals;
  /**
   * Asked while it is being stopped: whether it has nothing more to do and only waits for what will not come, so
   * that it may be killed at once.
   * @param left names of the processes of its group that still run
   */
  mayBeKilled?: (left: readonly string[]) => Promise<boolean>;
}

/** How a process ended: exactly one of the two is set, unless it could not be started at all. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process that runs, or has run. */
export interface ManagedProcess {
  name: string;
  pid: number;
  logFile: string;
  /** On the clock of performance.now(). */
  startedAt: number;
  exited: Promise<Exit>;
}

/** Told when a process ends without having been asked to. */
export type OnExit = (process: ManagedProcess, exit: Exit) => void;

export interface Supervisor {
  /** Starts a process, or starts one again that has ended. Its output goes to its log. */
  start(spec: ProcessSpec): Promise<ManagedProcess>;
  /** The processes that run now. */
  running(): ManagedProcess[];
  /** Runs `ready` for a process that is starting, and gives up as soon as that process ends. */
  whileAlive<T>(process: ManagedProcess, ready: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Sends a signal to one process by name; an end that follows is not reported as unexpected. */
  kill(name: string, signal: NodeJS.Signals): Promise<Exit>;
  /** Asks one process to end, kills it when it takes longer than `graceMs`, and waits until it is gone; nothing when it does not run. */
  end(name: string, graceMs: number): Promise<void>;
  /** Asks the processes of a group to end, kills those that take too long, and waits until all are gone. */
  stop(group: StopGroup): Promise<void>;
}

/** Processes that are stopped at the same time. */
export interface StopGroup {
  names: readonly string[];
  /** Those that take longer are killed. */
  graceMs: number;
}

/**
 * Runs child processes, each with its own log, and keeps the list of them in run.json, so that whatever kills
 * us, the next start finds and ends them.
 */
export function createSupervisor({
  logs,
  runFile,
  onExit,
}: {
  logs: string;
  runFile: RunFile;
  onExit: OnExit;
}): Supervisor {
  const children = new Map<string, { managed: ManagedProcess; child: ChildProcess; spec: ProcessSpec }>();
  /** Processes that we have signalled: their end is no news. */
  const expected = new Set<ManagedProcess>();
  const logged = new Set<string>();

  const supervisor: Supervisor = {
    async start(spec) {
      const { name, command, args, cwd, env, user } = spec;
      const logFile = join(logs, `${name}.log`);
      await mkdir(logs, { recursive: true });
      // A new run begins a new log; a process that is started again within a run goes on with its old one.
      if (!logged.has(name)) await beginLog(logFile);
      logged.add(name);
      // Only appended to, so that it can be emptied while others write.
      await using log = await open(logFile, 'a');
      const done = await spec.before?.();
      if (done !== undefined) await log.write(`brew: ${done}\n`);
      const child = spawn(command, args, {
        cwd,
        env,
        stdio: ['ignore', log.fd, log.fd],
        // A session of its own: Ctrl-C reaches everything in a terminal's foreground group, and would end
        // the brokers at the same moment as the services that still have to finish with them.
        detached: true,
        ...user,
      });
      const exited = new Promise<Exit>((resolve, reject) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
        child.once('error', reject);
      });
      if (child.pid === undefined) {
        await exited.catch((error) => {
          throw new ProcessDiedError(name, `it could not be started: ${error.message}`, logFile, '');
        });
      }
      const startedAt = performance.now();
      const managed: ManagedProcess = { name, pid: child.pid ?? -1, logFile, startedAt, exited };
      children.set(name, { managed, child, spec });
      void exited.then((exit) => {
        if (children.get(name)?.managed === managed) children.delete(name);
        void runFile.remove(name, managed.pid);
        if (!expected.has(managed)) onExit(managed, exit);
      });
      const identity = await processIdentity(managed.pid);
      if (identity) {
        await runFile.add({ name, pid: managed.pid, identity, ...signalsOf(spec), logFile });
      }
      return managed;
    },

    running: () => [...children.values()].map(({ managed }) => managed),

    async whileAlive(managed, ready) {
      const gone = new AbortController();
      const died = managed.exited.then(async (exit) => {
        const error = await diedError(managed, exit);
        gone.abort(error);
        throw error;
      });
      died.catch(() => {});
      return Promise.race([ready(gone.signal), died]);
    },

    async kill(name, signal) {
      const running = children.get(name);
      if (running === undefined)
        throw new Error(`No process ${name} runs; there are: ${[...children.keys()].join(', ')}`);
      expected.add(running.managed);
      running.child.kill(signal);
      return running.managed.exited;
    },

    async end(name, graceMs) {
      const running = children.get(name);
      if (running === undefined) return;
      const { managed, child, spec } = running;
      const { stopSignal, killSignal } = signalsOf(spec);
      expected.add(managed);
      child.kill(stopSignal);
      const late = setTimeout(() => {
        child.kill('SIGCONT'); // one that is frozen would never hear of it, unless it is SIGKILL
        child.kill(killSignal);
      }, graceMs);
      await managed.exited.finally(() => clearTimeout(late));
    },

    async stop({ names, graceMs }) {
      const left = new Map([...children].filter(([name]) => names.includes(name)));
      const ends = [...left.keys()].map((name) =>
        supervisor.end(name, graceMs).finally(() => left.delete(name)),
      );
      const looks = setInterval(async () => {
        for (const { child, spec } of left.values()) {
          if (await spec.mayBeKilled?.([...left.keys()])) child.kill('SIGKILL');
        }
      }, 100);
      await Promise.all(ends).finally(() => clearInterval(looks));
    },
  };
  return supervisor;
}

const signalsOf = ({ stopSignal = 'SIGTERM', killSignal = 'SIGKILL' }: ProcessSpec) => ({
  stopSignal,
  killSignal,
});

/** What the user reads of an end that nobody asked for. */
export async function diedError(
  { name, logFile }: ManagedProcess,
  { code, signal }: Exit,
): Promise<ProcessDiedError> {
  const how = signal ? `signal ${signal}` : `exit code ${code}`;
  return new ProcessDiedError(name, how, logFile, await lastLinesOf(logFile));
}
