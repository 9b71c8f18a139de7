import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataInUseError } from '../errors.ts';

/**
 * Sees to it that a postmaster.pid that a killed server has left does not keep the next one from starting. PostgreSQL takes any process of
 * its user with that pid for a server on its data; after a reboot it may be anybody.
 *
 * The file stays, since PostgreSQL also finds by it whether processes of the old server still have their memory. Only the pid in it is made
 * our own: a server does not mind that of its parent.
 *
 * @throws DataInUseError when it is a server on these data
 */
export async function disownPid(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const [first = '', ...rest] = text.split('\n');
  const pid = Number(first);
  if (!(pid > 0)) return;
  const command = await commandOf(pid);
  if (command === undefined) return;
  if (/^(\S.*\/)?postgres /.test(command) && command.includes(` ${data} `))
    throw new DataInUseError(data, pid);
  await writeFile(file, [process.pid, ...rest].join('\n'));
}

/** Its command line; undefined when there is no such process. */
async function commandOf(pid: number): Promise<string | undefined> {
  try {
    // On Linux as it was given: ps shows letters beyond ASCII only in a locale that has them.
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return (await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', `${pid}`])).stdout.replace(
      '\n',
      ' ',
    );
  } catch {
    return undefined;
  }
}
