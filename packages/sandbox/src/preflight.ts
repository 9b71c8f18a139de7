import { access, constants, mkdir } from 'node:fs/promises';
import { freeInWords, freeMiB } from './disk.ts';
import { DiskFullError, FolderNameError, FolderUnusableError, PortTakenError } from './errors.ts';
import { isFree, type PortUse } from './ports.ts';
import { portOwner } from './processes/portOwner.ts';

// What can be known before anything is started: a sentence now is better than a stack trace in a log later.

/** @throws FolderUnusableError when `dir` can't be made or written to; FolderNameError */
export async function requireWritable(dir: string): Promise<void> {
  if (dir.includes(',')) throw new FolderNameError(dir);
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new FolderUnusableError(dir, error);
  }
}

/** @throws DiskFullError when the disk of `dir` has less than `neededMiB` free (for us, not for root alone) */
export async function requireDisk(dir: string, neededMiB: number): Promise<void> {
  const free = await freeMiB(dir);
  if (free < neededMiB) throw new DiskFullError(dir, freeInWords(free), neededMiB);
}

/** @throws PortTakenError that names each port which somebody else listens on, what for, and who that is */
export async function requirePorts(ports: readonly PortUse[]): Promise<void> {
  const free = await Promise.all(ports.map(({ port }) => isFree(port)));
  const taken = ports.filter((_, index) => !free[index]);
  if (taken.length === 0) return;
  throw new PortTakenError(
    await Promise.all(taken.map(async (use) => ({ ...use, owner: await portOwner(use.port) }))),
  );
}
