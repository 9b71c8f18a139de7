import { open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { olderLogs } from '@brew/sandbox';

const CHUNK = 64 * 1024;
/** How often a followed file is looked at: file-system events are not reliable everywhere (network drives, containers). */
const LOOK_MS = 250;

/**
 * The last `count` lines of a log, and where it ended. Reads only as much of its end as it needs, since logs grow; and where it has fewer
 * lines, goes on with what was in it before (NAME.log.1, …).
 */
export async function lastLines(file: string, count: number): Promise<{ lines: string[]; end: number }> {
  const last = await lastLinesOf(file, count);
  let { lines } = last;
  for (const older of olderLogs(file)) {
    if (lines.length >= count) break;
    const before = await lastLinesOf(older, count - lines.length).catch(() => undefined);
    if (before === undefined) break;
    lines = [...before.lines, ...lines];
  }
  return { lines, end: last.end };
}

async function lastLinesOf(file: string, count: number): Promise<{ lines: string[]; end: number }> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  let start = size;
  let bytes = Buffer.alloc(0);
  // One line break more than lines, so that the first line is whole.
  while (start > 0 && countBreaks(bytes) <= count) {
    const length = Math.min(CHUNK, start);
    start -= length;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    bytes = Buffer.concat([buffer.subarray(0, bytesRead), bytes]);
  }
  const lines = bytes.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return { lines: count === 0 ? [] : lines.slice(-count), end: size };
}

/**
 * Lines that are written from `position` on, as they come, until the signal is aborted. Where the log begins anew, what was still to be read
 * of it is read from what it was put aside as.
 */
export async function* followLines(
  file: string,
  position: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const aside = olderLogs(file)[0] ?? '';
  const inodeOf = async (path: string) => (await stat(path).catch(() => undefined))?.ino;
  let rest = Buffer.alloc(0);
  let inode = await inodeOf(file);
  let asideInode = await inodeOf(aside);
  // Cut as bytes: a character may be half written.
  function* linesOf(read: Buffer): Generator<string> {
    const all = Buffer.concat([rest, read]);
    const end = all.lastIndexOf('\n') + 1;
    rest = all.subarray(end);
    if (end > 0) yield* all.toString('utf8', 0, end - 1).split('\n');
  }
  for (;;) {
    const { size, ino } = (await stat(file).catch(() => undefined)) ?? { size: 0, ino: undefined };
    if (size < position || (inode !== undefined && ino !== undefined && ino !== inode)) {
      const newAside = await inodeOf(aside);
      if (newAside !== undefined && newAside !== asideInode) {
        yield* linesOf(await readRange(aside, position, Math.max(position, await sizeOf(aside))));
      } else rest = Buffer.alloc(0);
      asideInode = newAside;
      position = 0;
    }
    inode = ino;
    if (size > position) {
      const read = await readRange(file, position, Math.min(size, position + CHUNK * 16));
      position += read.length;
      yield* linesOf(read);
      continue;
    }
    if (signal.aborted) return;
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

async function readRange(file: string, from: number, to: number): Promise<Buffer> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}

/** 0 while there is no such file. */
async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

function countBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf('\n'); at >= 0; at = bytes.indexOf('\n', at + 1)) count += 1;
  return count;
}
