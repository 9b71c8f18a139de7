import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { until } from '@brew/sandbox/testing';
import type { Way } from './cutOff.ts';

export interface SpawnedMain {
  child: ChildProcess;
  /** What becomes of its packets to the ports in CUT_OFF_PORTS of its environment. See cutOff.ts. */
  network(way: Way): void;
  /** Its exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
  /** What it wrote to stderr so far. */
  errors(): string;
  /** Waits for the log line with this message. */
  line(msg: string): Promise<Record<string, unknown>>;
  /** Waits until it takes requests. @returns where */
  listening(): Promise<string>;
}

/** Runs a service's main file as a process of its own. */
export function spawnMain(main: URL, env: NodeJS.ProcessEnv): SpawnedMain {
  const cutOff = env.CUT_OFF_PORTS ? ['--import', new URL('./cutOff.ts', import.meta.url).href] : [];
  const child = spawn(process.execPath, [...cutOff, fileURLToPath(main)], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout as Readable }).on('line', (line) => lines.push(JSON.parse(line)));
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const spawned: SpawnedMain = {
    child,
    network: (way) => void child.send(way),
    exited: once(child, 'exit').then(([code, signal]) => code ?? signal),
    errors: () => errors,
    line: (msg) =>
      until(() => lines.find((line) => line.msg === msg), {
        what: `the log line "${msg}" of ${JSON.stringify(lines)}`,
      }),
    listening: async () => String((await spawned.line('listening')).url),
  };
  return spawned;
}
