import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginLog, cutLog } from '@brew/sandbox/testing';
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

describe('the last lines', () => {
  it('are also those that were put aside, as far as there are some', async () => {
    const path = await file('short.log', 'e\n');
    await file('short.log.1', 'c\nd\n');
    await file('short.log.2', 'a\nb\n');
    expect(await lastLines(path, 4)).toEqual({ lines: ['b', 'c', 'd', 'e'], end: 2 });
    expect((await lastLines(path, 9)).lines).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect((await lastLines(path, 1)).lines).toEqual(['e']);
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

  it.each([
    ['emptied', async (path: string) => cutLog(path, 0)],
    ['of a run that is over', beginLog],
  ])('goes on with what was put aside of a log that was %s', async (name, putAside) => {
    // It is put aside when it is large, and has become small by the next look.
    const old = `${'old '.repeat(100)}\n`;
    const path = await file(`rotated ${name}`, old);
    const stop = new AbortController();
    const lines = followLines(path, old.length, stop.signal);
    await appendFile(path, 'one\n');
    expect((await lines.next()).value).toBe('one');
    const next = lines.next();
    await appendFile(path, 'two\nth');
    await putAside(path);
    await appendFile(path, 'ree\nfour\n');
    expect((await next).value).toBe('two');
    expect((await lines.next()).value).toBe('three');
    expect((await lines.next()).value).toBe('four');
    stop.abort();
    await lines.return(undefined);
  });
});
