import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { beginLog, cutLog, KEPT_LOGS, olderLogs } from './logFiles.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-logs-'));
  file = join(folder, 'order.log');
});
afterEach(() => rm(folder, { recursive: true }));

const read = (path: string) => readFile(path, 'utf8').catch(() => undefined);

test('a new run puts the log of the one before aside, and forgets what is too many', async () => {
  for (let run = 1; run <= KEPT_LOGS + 2; run++) {
    await beginLog(file);
    await writeFile(file, `run ${run}`);
  }
  expect(await Promise.all(olderLogs(file).map(read))).toEqual(['run 6', 'run 5', 'run 4', 'run 3', 'run 2']);
  expect(await readdir(folder)).toHaveLength(KEPT_LOGS + 1);
});

test('a run that wrote nothing takes nobody’s place', async () => {
  await writeFile(file, 'said something');
  await beginLog(file);
  await writeFile(file, '');
  await beginLog(file);
  expect(await read(`${file}.1`)).toBe('said something');
});

test('what is older than two weeks goes', async () => {
  const old = Date.now() / 1000 - 15 * 24 * 60 * 60;
  await writeFile(`${file}.1`, 'old');
  await utimes(`${file}.1`, old, old);
  await writeFile(file, 'new');
  await beginLog(file);
  expect((await readdir(folder)).sort()).toEqual(['order.log.1']);
});

test('a log that is too large is put aside while a process has it open, which goes on at its beginning', async () => {
  const { write, end } = await startWriter();
  for (let cut = 1; cut <= 3; cut++) {
    await write(cut);
    await cutLog(file, 20_000);
    expect(await read(file)).toBe('');
  }
  await write(4);
  await cutLog(file, 1_000_000);
  await end();
  const texts = await Promise.all([...olderLogs(file).reverse(), file].map(read));
  expect(texts.filter(Boolean).map((text) => text?.slice(0, 2))).toEqual(['1 ', '2 ', '3 ', '4 ']);
  expect(texts.join('')).toBe(
    ['1', '2', '3', '4'].map((cut) => `${cut} ${'x'.repeat(98)}\n`.repeat(500)).join(''),
  );
});

test('of a log that is far too large, as of a process that writes in a loop, the end is kept', async () => {
  await writeFile(file, Buffer.alloc(50 * 1024 ** 2, 'x'));
  await appendFile(file, 'the end');
  await cutLog(file);
  const kept = await readFile(`${file}.1`);
  expect(kept.length).toBe(40 * 1024 ** 2);
  expect(kept.subarray(-7).toString()).toBe('the end');
  expect(await read(file)).toBe('');
});

test('a log that is not too large stays', async () => {
  await appendFile(file, 'little');
  await cutLog(file, 6);
  expect(await readdir(folder)).toEqual(['order.log']);
});

/** A process whose standard output is the log, and that writes 50,000 bytes to it each time that it is told to. */
async function startWriter() {
  await using log = await open(file, 'a');
  const script = `
    const { writeSync } = require('node:fs');
    process.stdin.on('data', (cut) => {
      for (let n = 0; n < 500; n++) writeSync(1, cut + ' ' + 'x'.repeat(98) + '\\n');
      writeSync(2, 'done');
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', log.fd, 'pipe'] });
  return {
    async write(cut: number) {
      child.stdin?.write(String(cut));
      await once(child.stderr as Readable, 'data');
    },
    async end() {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}
