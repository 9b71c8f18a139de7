import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onlyIf } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';

const script = `
  const { writeLine } = await import(${JSON.stringify(fileURLToPath(new URL('./writeLine.ts', import.meta.url)))});
  writeLine('one');
  setImmediate(() => writeLine('two'));
  setTimeout(() => process.stderr.write('lives'), 50);`;
const run = (output: 'pipe' | number) =>
  spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', output, 'pipe'] });
const errorsOf = (child: ReturnType<typeof run>) => child.stderr && text(child.stderr);

// Every write there fails as on a full disk.
onlyIf(process.platform === 'linux' ? undefined : 'there is no /dev/full', it)(
  'a full disk does not end the process that writes',
  async () => {
    await using full = await open('/dev/full', 'w');
    expect(await errorsOf(run(full.fd))).toBe('lives');
  },
);

it('lines come as they are', async () => {
  const child = run('pipe');
  expect(await Promise.all([child.stdout && text(child.stdout), errorsOf(child)])).toEqual([
    'one\ntwo\n',
    'lives',
  ]);
});
