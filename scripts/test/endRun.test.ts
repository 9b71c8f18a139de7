import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runVariable, uniqueName } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import { endRun, removeFolder } from './endRun.ts';

/** A process that waits for ever, and has a child that does so, too, in a session of its own. */
async function waiting(run: string): Promise<ChildProcess> {
  const forEver = 'setInterval(() => {}, 1e6);';
  const program = `
    require('node:child_process').spawn(process.execPath, ['-e', '${forEver}'], { detached: true, stdio: 'ignore' }).once('spawn', () => console.log('up'));
    ${forEver}`;
  const child = spawn(process.execPath, ['-e', program], {
    env: { ...process.env, [runVariable]: run },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

test('ends every process of a run, and none of another one', async () => {
  const [run, other] = [uniqueName('brew-test-run'), uniqueName('brew-test-run')];
  const [ours, theirs] = await Promise.all([waiting(run), waiting(other)]);
  const ended = once(ours, 'exit');

  await endRun(run);

  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(theirs.exitCode ?? theirs.signalCode).toBeNull();
  const theirEnd = once(theirs, 'exit');
  await endRun(other);
  expect(await theirEnd).toEqual([null, 'SIGKILL']);
});

test('removes the folder of a run with all that is in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'brew-folder-'));
  await mkdir(join(folder, 'system/data'), { recursive: true });
  await writeFile(join(folder, 'report.json'), '{}');
  await removeFolder(folder);
  await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
});
