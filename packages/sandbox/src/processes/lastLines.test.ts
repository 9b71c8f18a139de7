import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
