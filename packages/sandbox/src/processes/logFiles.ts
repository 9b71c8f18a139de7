import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';

// NAME.log, and what was in it before: NAME.log.1, NAME.log.2, … from the newest to the oldest.

/** How many older ones are kept. */
export const KEPT_LOGS = 5;
const LARGEST_BYTES = 10 * 1024 ** 2;
const OLDEST_MS = 14 * 24 * 60 * 60_000;

/** The older ones of a log, the newest first; not all of them need be there. */
export const olderLogs = (file: string): string[] =>
  Array.from({ length: KEPT_LOGS }, (_, index) => `${file}.${index + 1}`);

/** Puts the log of the run before aside. Nobody may have it open. */
export async function beginLog(file: string): Promise<void> {
  if ((await sizeOf(file)) === 0) return;
  await shift(file);
  await rename(file, `${file}.1`);
}

/**
 * Puts what is in a log aside when it has become too large, while others go on appending to it. They have the file itself open, so it is
 * copied and emptied, not renamed; a pipe through us could be rotated better, and would end with us. A line that is written in the very
 * moment between the last look and the emptying is lost.
 *
 * @throws what the file system says, such as ENOSPC: then the log is as it was
 */
export async function cutLog(file: string, largestBytes = LARGEST_BYTES): Promise<void> {
  if ((await sizeOf(file)) <= largestBytes) return;
  const copy = `${file}.part`;
  try {
    await using log = await open(file, 'r+');
    await using part = await open(copy, 'w');
    await copyAll(log, part);
    await shift(file);
    await rename(copy, `${file}.1`);
    copyRestAndEmpty(log.fd, part.fd);
  } finally {
    await rm(copy, { force: true });
  }
}

/** Appends to `to` what is in `from`. */
async function copyAll(from: FileHandle, to: FileHandle): Promise<void> {
  const buffer = Buffer.alloc(64 * 1024);
  for (;;) {
    const { bytesRead } = await from.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    await to.writeFile(buffer.subarray(0, bytesRead));
  }
}

/** The same with what came meanwhile. In one go, so that as little as can be stands between the last look and the emptying. */
function copyRestAndEmpty(from: number, to: number): void {
  const buffer = Buffer.alloc(64 * 1024);
  for (let read = readSync(from, buffer); read > 0; read = readSync(from, buffer)) {
    writeSync(to, buffer, 0, read);
  }
  ftruncateSync(from);
}

/** Makes place for a new NAME.log.1, and removes what is too old. */
async function shift(file: string): Promise<void> {
  for (const older of olderLogs(file)) {
    const { mtimeMs } = (await stat(older).catch(() => undefined)) ?? {};
    if (mtimeMs !== undefined && Date.now() - mtimeMs > OLDEST_MS) await rm(older, { force: true });
  }
  for (let number = KEPT_LOGS - 1; number >= 1; number--) {
    await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(ifThere);
  }
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
