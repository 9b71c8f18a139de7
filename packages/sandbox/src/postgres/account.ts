import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PostgresUserMissingError } from '../errors.ts';

/** A user of this machine, as spawn() takes it. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * The user that PostgreSQL has to run as: undefined for ourselves. PostgreSQL refuses to run as root, so root
 * lends it a user that the machine has already; we make none.
 *
 * @throws PostgresUserMissingError
 */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  let cause: unknown;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
      return { uid, gid };
    } catch (error) {
      cause = error;
    }
  }
  throw new PostgresUserMissingError(cause);
}

/** Whether a user may get at a file or folder: all folders above it count, too (/root is closed to others). */
export async function canReach(account: Account, path: string): Promise<boolean> {
  try {
    await promisify(execFile)('/bin/sh', ['-c', 'test -x "$0"', path], { ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number> {
  const { stdout } = await promisify(execFile)('id', [flag, name]);
  return Number(stdout);
}
