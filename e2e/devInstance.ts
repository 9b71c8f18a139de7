import { once } from 'node:events';
import { until } from '@brew/sandbox/testing';
import { expect } from '@jest/globals';
import { lives, spawnBrew } from './cli.ts';

/** One `npx brew dev` in a terminal of its own. */
export interface DevInstance {
  child: ReturnType<typeof spawnBrew>;
  /** Of the service. */
  pid: number;
  url: string;
  shown(): string;
  /** The exit code. */
  ended: Promise<number | null>;
}

/** Types `npx brew dev NAME`; resolves when the service listens. */
export async function startDevInstance(
  command: string,
  { dir, checkout, env = {} }: { dir: string; checkout: string; env?: Record<string, string> },
): Promise<DevInstance> {
  const child = spawnBrew(dir, command.split(' ').slice(2), { checkout, env, detached: true });
  let shown = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (data) => (shown += data));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const found = (pattern: RegExp) =>
    until(() => pattern.exec(shown)?.[1], { what: `${pattern} in ${shown}` });
  const pid = Number(await found(/process (\d+)/));
  const url = await found(/listening .*"(http:[^"]+)"/);
  return { child, pid, url, shown: () => shown, ended };
}

/** Ctrl-C as a terminal does it: the whole group gets it. */
export async function interrupt({ child, pid, ended }: DevInstance): Promise<void> {
  process.kill(-Number(child.pid), 'SIGINT');
  expect(await ended).toBe(0);
  expect(lives(pid)).toBe(false);
}
