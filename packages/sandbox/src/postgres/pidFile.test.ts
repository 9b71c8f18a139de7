import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { disownPid } from './pidFile.ts';

let data: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'brew données-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(data, { recursive: true });
});

const pidFile = () => join(data, 'postmaster.pid');
const leave = (pid: number) => writeFile(pidFile(), `${pid}\n${data}\n1700000000\n15432\n`);

async function run(program: string, ...args: string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}
/** A program of that name which only waits. */
async function runPostgres(folder: string): Promise<number> {
  const program = join(data, 'postgres');
  await symlink(process.execPath, program);
  return run(program, '-e', 'setTimeout(() => {}, 1e6)', '--', '-D', folder);
}

test('a pid that is another program’s by now is made ours, and the rest is kept', async () => {
  await leave(await run('sleep', '60'));
  await disownPid(data);
  expect(await readFile(pidFile(), 'utf8')).toBe(`${process.pid}\n${data}\n1700000000\n15432\n`);
});

test('so it is with that of a server on other data', async () => {
  await leave(await runPostgres('/elsewhere'));
  await disownPid(data);
  expect(await readFile(pidFile(), 'utf8')).toMatch(new RegExp(`^${process.pid}\n`));
});

test('a server on these data is named, with what to do', async () => {
  const pid = await runPostgres(data);
  await leave(pid);
  await expect(disownPid(data)).rejects.toThrow(
    `PostgreSQL runs already on ${data}, as process ${pid}, which no run of Brew knows of. End it in order with kill -INT ${pid}`,
  );
});

test('where there is no file, or no such process, PostgreSQL does the right thing', async () => {
  await disownPid(data);
  const pid = await run('true');
  await once(children[0] as ChildProcess, 'exit').catch(() => {});
  await leave(pid);
  await disownPid(data);
  expect(await readFile(pidFile(), 'utf8')).toMatch(new RegExp(`^${pid}\n`));
});
