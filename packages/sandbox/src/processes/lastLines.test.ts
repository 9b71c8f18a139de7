import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { lastLinesOf } from './lastLines.ts';

test('reads the end of a log, however long it is, and nothing where there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'brew-lines-'));
  const log = join(folder, 'log');
  await writeFile(log, Array.from({ length: 50_000 }, (_, line) => `line ${line}\n`).join(''));
  expect(await lastLinesOf(log, 2)).toBe('line 49998\nline 49999');
  await writeFile(log, 'only\n');
  expect(await lastLinesOf(log, 2)).toBe('only');
  expect(await lastLinesOf(join(folder, 'none'))).toBe('');
  await rm(folder, { recursive: true });
});

test('says in words what a service has logged', async () => {
  const log = join(await mkdtemp(join(tmpdir(), 'brew-lines-')), 'log');
  const failed = {
    level: 'warn',
    orderId: 'o-1',
    err: { message: 'no answer', stack: '…' },
    msg: 'a call failed',
  };
  await writeFile(log, `${JSON.stringify(failed)}\n{"level":"info","msg":"bye"}\n{"of":"others"}\nnull\n`);
  expect(await lastLinesOf(log)).toBe('WARN a call failed: no answer\nINFO bye\n{"of":"others"}\nnull');
  await rm(dirname(log), { recursive: true });
});
