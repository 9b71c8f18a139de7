import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { DiskFullError, FolderUnusableError, PortTakenError } from './errors.ts';
import { isFree, type PortUse } from './ports.ts';
import { portOwner } from './processes/portOwner.ts';

// What can be known before anything is started: a sentence now is better than a stack trace in a log later.

/** @throws FolderUnusableError when `dir` can't be made or written to */
export async function requireWritable(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new FolderUnusableError(dir, error);
  }
}

/** @throws DiskFullError when the disk of `dir` has less than `neededMiB` free (for us, not for root alone) */
export async function requireDisk(dir: string, neededMiB: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const freeMiB = Math.floor((bavail * bsize) / 1024 ** 2);
  if (freeMiB < neededMiB) throw new DiskFullError(dir, freeMiB, neededMiB);
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
