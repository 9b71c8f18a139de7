import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format } from './format.ts';
import { listFile } from './serviceList.ts';

export interface Writing {
  /** The root of the checkout. */
  root: string;
  /** A folder that does not exist yet, from the root. */
  folder: string;
  /** What is new in it, by path. */
  files: ReadonlyMap<string, string>;
  /** What becomes of the files that have the list, by path from the root. */
  list: ReadonlyMap<string, string>;
  signal: AbortSignal;
}

/**
 * Writes a folder, formatted as all code is, and its line in the list: all of it or, by throwing, nothing.
 * @throws what writing throws, what the linter says, or the signal's reason
 */
export async function writeConsumer({ root, folder, files, list, signal }: Writing): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    await mkdir(join(root, folder));
    undo.push(() => rm(join(root, folder), { recursive: true, force: true }));
    for (const [path, text] of files) {
      const file = join(root, folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    for (const [path, text] of list) {
      const file = join(root, path);
      const before = await readFile(file, 'utf8');
      undo.push(() => writeFile(file, before));
      await writeFile(file, text);
    }
    await format(root, [folder, listFile]);
    signal.throwIfAborted();
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}
