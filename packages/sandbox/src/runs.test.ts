import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { processIdentity } from './processes/processIdentity.ts';
import { stopRun } from './runs.ts';
import { temporaryFolder } from './testing/temporaryFolder.ts';

test('stops also a run that is frozen', async () => {
  const dir = await temporaryFolder('brew-runs');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)']);
  const gone = once(child, 'exit');
  const pid = child.pid ?? 0;
  const run = { pid, identity: await processIdentity(pid), processes: [] };
  await writeFile(join(dir, 'run.json'), JSON.stringify(run));
  child.kill('SIGSTOP');
  try {
    expect(await stopRun(dir)).toBe(true);
    expect(await gone).toEqual([null, 'SIGTERM']);
  } finally {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true });
  }
});
