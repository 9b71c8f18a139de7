import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { removeData } from '@brew/sandbox';
import { runVariable } from '@brew/sandbox/testing';
/** Ends every process of a run, and removes its containers with their volumes and networks. */
export async function endRun(name: string): Promise<void> {
  await endProcesses(name);
  await removeContainers(name);
}

/** Removes the folder of a run, and what systems in it keep elsewhere. */
export async function removeFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeData(join(folder, entry.name));
  }
  // What wrote there has only just ended.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** How long the processes of a run may take to be gone. Killed, they are at once; some start others again first. */
const GONE_WITHIN_MS = 30_000;

async function endProcesses(run: string): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN_MS;
  for (let left = await processesOf(run); left.length > 0; left = await processesOf(run)) {
    if (Date.now() > deadline) throw new Error(`Processes of ${run} do not end: ${left.join(', ')}.`);
    for (const pid of left) kill(pid);
    await delay(100);
  }
}

/** Those that have the run's name in their environment. */
async function processesOf(run: string): Promise<number[]> {
  // e: with the environment; ww: all of it. Linux and macOS know both.
  const { stdout } = await promisify(execFile)('ps', ['axeww', '-o', 'pid=,state=,command='], {
    maxBuffer: 256 * 1024 ** 2,
    // Not one of those that are looked for.
    env: { ...process.env, [runVariable]: undefined },
  });
  const variable = `${runVariable}=${run}`;
  return stdout
    .split('\n')
    .filter((line) => line.split(' ').includes(variable))
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid, state]) => Number(pid) !== process.pid && !state?.startsWith('Z'))
    .map(([pid]) => Number(pid));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

async function removeContainers(run: string): Promise<void> {
  const remove = async (list: string[], removal: string[]) => {
    const found = (await docker(...list, '--quiet', '--filter', `name=${run}`)).split('\n').filter(Boolean);
    if (found.length > 0) await docker(...removal, ...found);
  };
  await remove(['ps', '--all'], ['rm', '--force', '--volumes']);
  await remove(['volume', 'ls'], ['volume', 'rm', '--force']);
  await remove(['network', 'ls'], ['network', 'rm']);
}

/** What it says; nothing where there is no engine. */
const docker = (...args: string[]): Promise<string> =>
  promisify(execFile)('docker', args).then(
    ({ stdout }) => stdout,
    () => '',
  );
