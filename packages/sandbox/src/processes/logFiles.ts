import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';

// NAME.log, and what was in it before: NAME.log.1, NAME.log.2, … from the newest to the oldest.

/** How many older ones are kept. */
export const KEPT_LOGS = 5;
const LARGEST_BYTES = 10 * 1024 ** 2;
/** Of what a process writes in a loop between two looks, only the end is kept: to copy all of it would take as long as it goes on. */
const MOST_BYTES = 4 * LARGEST_BYTES;
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
    const { size } = await log.stat();
    await copyRange(log, part, Math.max(0, size - MOST_BYTES), size);
    await shift(file);
    await rename(copy, `${file}.1`);
    copyRestAndEmpty(log.fd, part.fd, size);
  } finally {
    await rm(copy, { force: true });
  }
}

/** Appends to `to` what is in `from`, between two places. */
async function copyRange(from: FileHandle, to: FileHandle, start: number, end: number): Promise<void> {
  const buffer = Buffer.alloc(64 * 1024);
  for (let at = start; at < end; ) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return;
    await to.writeFile(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** The same with what came meanwhile. In one go, so that as little as can be stands between the last look and the emptying. */
function copyRestAndEmpty(from: number, to: number, start: number): void {
  const buffer = Buffer.alloc(64 * 1024);
  for (let at = start; at < start + MOST_BYTES; ) {
    const read = readSync(from, buffer, 0, buffer.length, at);
    if (read === 0) break;
    writeSync(to, buffer, 0, read);
    at += read;
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
