import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDatabase } from '@brew/postgres';
import type { Logger } from 'pino';
import { completeOrAbsent } from '../artifacts/fetch.ts';
import { PostgresInitError } from '../errors.ts';
import { poll } from '../poll.ts';
import { type Ports, usesOf } from '../ports.ts';
import { lastLines } from '../processes/lastLines.ts';
import type { ProcessSpec } from '../processes/supervisor.ts';
import { postgresAccount } from './account.ts';
import { giveTo, postgresFolders } from './folders.ts';
import { endOrphans } from './orphans.ts';
import { disownPid } from './pidFile.ts';

/** Password of the superuser postgres. Not a secret: it opens a sandbox that listens on this machine only. */
export const superuserPassword = 'postgres';

/** Settings that differ from PostgreSQL's own. Durability is left as it is: data is to survive a kill. */
const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path may not be longer than 107 characters, and checkouts stand deep.
  unix_socket_directories: '',
  // Six processes with pools of ten, and tests with theirs.
  max_connections: '200',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  // Three I/O worker processes, a launcher for logical replication and a JIT compiler are for bigger machines.
  io_method: 'sync',
  max_logical_replication_workers: '0',
  jit: 'off',
};

/** Makes the data folder when there is none yet, and tells how to run the server on it. */
export async function preparePostgres(
  dir: string,
  ports: Ports,
): Promise<{ spec: ProcessSpec; initialised: boolean }> {
  const account = await postgresAccount();
  const { bin, data } = await postgresFolders(dir, account);
  const { fetched: initialised } = await completeOrAbsent(data, async (folder) => {
    await giveTo(account, folder);
    await initdb(join(bin, 'initdb'), folder, account);
  });
  const spec: ProcessSpec = {
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: [
      '-D',
      data,
      '-p',
      String(ports.postgres),
      ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
    ],
    async before() {
      await disownPid(data);
      const ended = await endOrphans(data);
      return ended.length === 0
        ? undefined
        : `ended what a killed server had left on its data: ${ended.join(', ')}`;
    },
    // It changes there anyway; ours may be closed to its user.
    cwd: '/',
    ports: usesOf(ports, ports.postgres),
    env: process.env,
    user: account,
    // "Fast": ends its clients' sessions. SIGTERM would wait until the last client has left by itself.
    stopSignal: 'SIGINT',
    // "Immediate": it ends its own processes first, as fast as a SIGKILL, after which they would go on writing for a moment.
    killSignal: 'SIGQUIT',
  };
  return { spec, initialised };
}

/** Resolves when PostgreSQL answers a query. */
export async function postgresAnswers(
  url: string,
  { signal, timeoutMs, log }: { signal: AbortSignal; timeoutMs: number; log: Logger },
): Promise<void> {
  await using database = createDatabase({ url, max: 1, applicationName: 'brew-sandbox', log });
  await poll(() => database.ping(), { timeoutMs, everyMs: 50, signal });
}

async function initdb(program: string, folder: string, account: { uid: number; gid: number } | undefined) {
  // Beside the folder, which has to be empty.
  const passwordFile = `${folder}.password`;
  try {
    await writeFile(passwordFile, superuserPassword, { mode: 0o600 });
    await giveTo(account, passwordFile);
    await promisify(execFile)(
      program,
      [
        `--pgdata=${folder}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // PostgreSQL's own rules: those of the system differ between systems, and images may have none.
        '--no-locale',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      { ...account, cwd: '/' },
    );
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new PostgresInitError(lastLines(stdout + stderr), error);
  } finally {
    await rm(passwordFile, { force: true });
  }
}
