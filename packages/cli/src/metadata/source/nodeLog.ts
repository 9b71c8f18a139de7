import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FileUnreadableError } from '../../errors.ts';
import { endOf } from './batches.ts';

/** A file of the metadata log. */
export interface LogFile {
  name: string;
  path: string;
  kind: 'log' | 'snapshot';
  /** A log's first offset; of a snapshot the offset whose state it is: everything before it is in it. */
  offset: number;
  bytes: number;
}

/** Where a node keeps its copy of the metadata log. */
export interface NodeLog {
  node: string;
  folder: string;
}

const PARTITION = '__cluster_metadata-0';
const NAMES = { log: /^(\d{20})\.log$/, snapshot: /^(\d{20})-\d{10}\.checkpoint$/ } as const;

/**
 * The metadata logs below a folder: of the node whose folder of data it is, of all nodes whose folders are in it, or the folder itself.
 * Segments of any partition look alike, so that its name counts.
 * @returns none when there are none
 * @throws FileUnreadableError when it is no folder, or not for this user to read
 */
export async function findNodeLogs(folder: string): Promise<NodeLog[]> {
  const names = await list(folder);
  if (basename(folder) === PARTITION) return [{ node: basename(join(folder, '..')), folder }];
  if (names.includes(PARTITION)) return [{ node: basename(folder), folder: join(folder, PARTITION) }];
  const found = await Promise.all(
    names.sort().map(async (node) => {
      const inside = join(folder, node, PARTITION);
      return (await stat(inside).catch(() => undefined))?.isDirectory() ? [{ node, folder: inside }] : [];
    }),
  );
  return found.flat();
}

/** Its segments and its newest snapshot, in the order of what is in them; empty before the node's first start. */
export async function filesOf(folder: string): Promise<LogFile[]> {
  const files = await Promise.all(
    (await list(folder)).map(async (name): Promise<LogFile[]> => {
      const kind = kindOf(name);
      const path = join(folder, name);
      // A segment that is too old may be removed at any time.
      const size = kind && (await stat(path).catch(() => undefined))?.size;
      const offset = Number(name.slice(0, 20));
      return kind === undefined || size === undefined ? [] : [{ name, path, kind, offset, bytes: size }];
    }),
  );
  const [logs, snapshots] = (['log', 'snapshot'] as const).map((kind) =>
    files
      .flat()
      .filter((file) => file.kind === kind)
      .sort((a, b) => a.offset - b.offset),
  );
  return [...(snapshots ?? []).slice(-1), ...(logs ?? [])];
}

/**
 * The log that goes furthest; of equals the first.
 * @returns undefined when all of them are empty
 */
export async function newestOf(logs: readonly NodeLog[]): Promise<NodeLog | undefined> {
  const ends = await Promise.all(logs.map(async (log) => ({ log, end: await endOffset(log.folder) })));
  return ends
    .filter(({ end }) => end >= 0)
    .sort((a, b) => b.end - a.end)
    .at(0)?.log;
}

async function endOffset(folder: string): Promise<number> {
  const last = (await filesOf(folder)).at(-1);
  if (last === undefined) return -1;
  return last.kind === 'log' ? (await endOf(last.path, last.offset)).nextOffset : last.offset;
}

const kindOf = (name: string): LogFile['kind'] | undefined =>
  NAMES.log.test(name) ? 'log' : NAMES.snapshot.test(name) ? 'snapshot' : undefined;

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new FileUnreadableError(folder, reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? `${error}`);
  }
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is no folder',
  EACCES: 'it belongs to another user',
};
