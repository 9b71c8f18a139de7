import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The files of a folder that no commit has as they are: what would be lost with it. Without git, that is all of them. */
export async function uncommittedFiles(root: string, folder: string): Promise<string[]> {
  try {
    const args = ['status', '--porcelain', '--untracked-files=all', '--', folder];
    const { stdout } = await promisify(execFile)('git', args, { cwd: root });
    return stdout.split('\n').filter(Boolean);
  } catch {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }
}
