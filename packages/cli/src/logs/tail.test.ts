import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { followLines, lastLines } from './tail.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-tail-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('lastLines', () => {
  it.each([
    ['fewer than there are', 'a\nb\nc\n', 2, ['b', 'c']],
    ['more than there are', 'a\nb\n', 5, ['a', 'b']],
    ['none', 'a\nb\n', 0, []],
    ['with a last line that is not complete', 'a\nb', 1, ['b']],
    ['of an empty file', '', 3, []],
  ])('gives %s', async (name, content, count, lines) => {
    expect(await lastLines(await file(name, content), count)).toEqual({ lines, end: content.length });
  });

  it('goes back as far as it has to', async () => {
    const all = Array.from({ length: 5_000 }, (_, n) => `line ${n} ${'x'.repeat(40)}`);
    const { lines } = await lastLines(await file('long', `${all.join('\n')}\n`), 3_000);
    expect(lines).toEqual(all.slice(-3_000));
  });
});

describe('followLines', () => {
  it('gives what is appended, line by line, and begins anew when the file does', async () => {
    const path = await file('followed', 'old\n');
    const stop = new AbortController();
    const lines = followLines(path, 4, stop.signal);
    await appendFile(path, 'one\ntw');
    expect((await lines.next()).value).toBe('one');
    await appendFile(path, 'o\n');
    expect((await lines.next()).value).toBe('two');
    const next = lines.next();
    await writeFile(path, 'new\n');
    expect((await next).value).toBe('new');
    stop.abort();
    expect((await lines.next()).done).toBe(true);
  });
});
