import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '@brew/postgres';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { freePorts, type Ports } from '../ports.ts';
import { processIdentity } from '../processes/processIdentity.ts';
import { claimRun } from '../processes/runFile.ts';
import { createSupervisor } from '../processes/supervisor.ts';
import { removeData } from '../runs.ts';
import { until } from '../testing/until.ts';

import { postgresAccount } from './account.ts';
import { outsideFolder, postgresFolders } from './folders.ts';
import { postgresAnswers, preparePostgres } from './server.ts';

const log = pino({ level: 'silent' });
let dir: string;
let ports: Ports;
beforeEach(async () => {
  // 0700, as /root is: nobody but we may go in.
  dir = await mkdtemp(join(tmpdir(), 'brew-postgres-'));
  ports = await freePorts();
});
afterEach(async () => {
  await removeData(dir);
  await rm(dir, { recursive: true });
});

test('runs from a folder that nobody else may enter, and its data is gone when it is removed', async () => {
  await whileRunning(async (url) => {
    await using database = createDatabase({ url, applicationName: 'test', log });
    await database.query('select 1');
  });
  await removeData(dir);
  await expect(stat(outsideFolder(dir))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('finds its data again', async () => {
  const make = async (url: string) => {
    await using database = createDatabase({ url, applicationName: 'test', log });
    await database.query('create database orders');
  };
  expect(await whileRunning(make)).toBe('new');
  const again = await whileRunning(async (url) => {
    await using database = createDatabase({ url, applicationName: 'test', log });
    expect((await database.query("select from pg_database where datname = 'orders'")).rowCount).toBe(1);
  });
  expect(again).toBe('kept');
});

test('starts although the pid that a killed server has left is somebody else’s now', async () => {
  await whileRunning(async () => {});
  const account = await postgresAccount();
  const { data } = await postgresFolders(dir, account);
  // Of the same user: that of another one PostgreSQL sees through by itself.
  const somebody = spawn('sleep', ['600'], { stdio: 'ignore', cwd: '/', ...account });
  try {
    await writeFile(
      join(data, 'postmaster.pid'),
      `${somebody.pid}\n${data}\n1700000000\n${ports.postgres}\n`,
    );
    expect(await whileRunning(async () => {})).toBe('kept');
    expect(await processIdentity(somebody.pid ?? 0)).toBeDefined();
  } finally {
    somebody.kill();
  }
});

test('leaves none of its own processes when its grace is over', async () => {
  let pids: number[] = [];
  await whileRunning(async (url) => {
    await using database = createDatabase({ url, applicationName: 'test', log });
    const { rows } = await database.query<{ pid: number }>('select pid from pg_stat_activity');
    pids = rows.map(({ pid }) => pid);
  }, 0);
  expect(pids.length).toBeGreaterThan(2);
  expect(await Promise.all(pids.map(processIdentity))).toEqual(pids.map(() => undefined));
});

(process.platform === 'linux' ? test : test.skip)(
  'starts although a process of a killed server is stopped, and has its memory still',
  async () => {
    await whileRunning(async (url) => {
      const database = createDatabase({ url, applicationName: 'test', log });
      const { rows } = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
      const master = Number((await readFile(await pidFile(), 'utf8')).split('\n')[0]);
      const stopped = rows[0]?.pid ?? 0;
      process.kill(stopped, 'SIGSTOP');
      process.kill(master, 'SIGKILL');
      await until(async () => (await processIdentity(master)) === undefined);
      expect(await processIdentity(stopped)).toBeDefined();
      void database.stop();
    });
    expect(await whileRunning(async () => {})).toBe('kept');
    expect(await readFile(join(dir, 'logs', 'postgres.log'), 'utf8')).toMatch(
      /^brew: ended what a killed server had left on its data: .*\d/m,
    );
  },
  60_000,
);

const pidFile = async () =>
  join((await postgresFolders(dir, await postgresAccount())).data, 'postmaster.pid');

async function whileRunning(use: (url: string) => Promise<void>, graceMs = 5_000): Promise<'new' | 'kept'> {
  const runFile = await claimRun(dir, ports);
  const supervisor = createSupervisor({ logs: join(dir, 'logs'), runFile, onExit: () => {} });
  try {
    const { spec, initialised } = await preparePostgres(dir, ports);
    const server = await supervisor.start(spec);
    const url = `postgresql://postgres:postgres@127.0.0.1:${ports.postgres}/postgres`;
    await supervisor.whileAlive(server, (signal) =>
      postgresAnswers(url, { signal, timeoutMs: 180_000, log }),
    );
    await use(url);
    return initialised ? 'new' : 'kept';
  } finally {
    await supervisor.stop({ names: ['postgres'], graceMs });
    await runFile.release();
  }
}
