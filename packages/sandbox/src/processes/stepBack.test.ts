import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { expect, test } from '@jest/globals';
import { stepBack } from './stepBack.ts';

test('lets a process that runs come behind the others, with each of its threads', async () => {
  const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1_000)'], {
    detached: true,
  });
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;

  await stepBack(pid);

  const threads = await readdir(`/proc/${pid}/task`).catch(() => [`${pid}`]);
  expect(threads.map((thread) => getPriority(Number(thread)))).toEqual(threads.map(() => 10));
  child.kill('SIGKILL');
  await once(child, 'exit');
  await stepBack(pid);
});
