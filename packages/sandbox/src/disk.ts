import { statfs } from 'node:fs/promises';
import { outsideFolder } from './postgres/folders.ts';

/** With less than that, whoever runs Brew is warned: it is some hours of orders, and some minutes of whatever else fills a disk. */
const LOW_MIB = 512;
/** Warned again only after there was so much more. */
const MARGIN_MIB = 64;
/** With less than that nothing can run: a segment of PostgreSQL's WAL takes 16 MiB, what a broker rolls at its start some more. */
export const ROOM_MIB = 64;

/** What is free on the disks that a folder of the sandbox has its data on, for us and not for root alone: the least of them. */
export async function freeMiB(dir: string): Promise<number> {
  const folders = [dir, outsideFolder(dir)];
  const free = await Promise.all(
    folders.map((folder) => freeOn(folder).catch(() => Number.POSITIVE_INFINITY)),
  );
  return Math.min(...free);
}

/** A start makes some hundred files. */
const ROOM_FILES = 1_000;

/** None where no more files can be made, however much room they would have. */
async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize, files, ffree } = await statfs(folder);
  // Some file systems make inodes as they need them, and count none.
  return files > 0 && ffree < ROOM_FILES ? 0 : Math.floor((bavail * bsize) / 1024 ** 2);
}

/** What a disk has free, in words. */
export const freeInWords = (free: number): string =>
  free === 0 ? 'is full, or has no inodes left (df -h, df -i)' : `has ${free} MiB free`;

/** What to say of a disk, where there is something to say. */
export const lowDisk = (dir: string, free: number): string | undefined =>
  free < LOW_MIB
    ? `The disk of ${dir} ${freeInWords(free)}. When it is full, Brew stands still until there is room.`
    : undefined;

/**
 * Tells when a disk begins to be low, and when it ends to be.
 * @returns what is to be called with what is free, again and again
 */
export function createDiskWatch(dir: string, tell: (text: string) => void): (free: number) => void {
  let low = false;
  return (free) => {
    const warning = lowDisk(dir, free);
    if (!low && warning !== undefined) {
      low = true;
      tell(warning);
    } else if (low && free >= LOW_MIB + MARGIN_MIB) {
      low = false;
      tell(`The disk of ${dir} has room again: ${free} MiB are free.`);
    }
  };
}
