import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '@brew/sandbox';

const root = join(import.meta.dirname, '..');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs `npx brew …` as a user does, on the Brew in `dir` and, for starts, on free ports.
 * @param checkout whose Brew it is; this one by default
 */
export function brewIn(dir: string, env: Record<string, string> = {}, checkout: string = root) {
  return (...args: string[]): Promise<Outcome> => {
    const child = spawnBrew(dir, args, { env, checkout });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (data) => (outcome.stdout += data));
    child.stderr.on('data', (data) => (outcome.stderr += data));
    return new Promise((resolve) => child.on('close', (code) => resolve({ ...outcome, code })));
  };
}

interface SpawnOptions {
  env?: Record<string, string>;
  checkout?: string;
  /** In a group of its own, so that it can be interrupted as a terminal does it. */
  detached?: boolean;
}

/** The same for a command that goes on until it is interrupted. */
export const spawnBrew = (
  dir: string,
  args: readonly string[],
  { env = {}, checkout = root, detached = false }: SpawnOptions = {},
) =>
  spawn(join(checkout, 'packages/cli/bin/brew.mjs'), args, {
    cwd: checkout,
    env: { ...process.env, NO_COLOR: '1', BREW_DIR: dir, BREW_PORTS: 'free', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });

export interface RunRecord {
  pid: number;
  ports: Ports;
  processes: { name: string; pid: number; logFile: string }[];
}

/** What runs in `dir`: the content of its run.json. */
export const runIn = async (dir: string): Promise<RunRecord> =>
  JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'));

/** Whether there is a process with this id. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
