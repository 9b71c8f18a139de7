import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../testing/until.ts';
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

test('a log that is too large is put aside while a process goes on writing to it, and no line is lost', async () => {
  const writer = await startWriter();
  try {
    let cuts = 0;
    await until(async () => {
      await cutLog(file, 20_000);
      cuts = (await readdir(folder)).length - 1;
      return cuts === KEPT_LOGS;
    });
  } finally {
    const gone = once(writer, 'exit');
    writer.kill();
    await gone;
  }
  const texts = await Promise.all([...olderLogs(file).reverse(), file].map(read));
  const numbers = texts
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => Number(/^line (\d+) x+$/.exec(line)?.[1]));
  expect(numbers.length).toBeGreaterThan(1_000);
  // Each is the one after that before it; also where a log ends and the next one begins.
  const first = numbers[0] ?? 0;
  expect(numbers).toEqual(numbers.map((_, index) => first + index));
});

test('a log that is not too large stays', async () => {
  await appendFile(file, 'little');
  await cutLog(file, 6);
  expect(await readdir(folder)).toEqual(['order.log']);
});

/** A process that writes line after line to its standard output, which is the log. */
async function startWriter(): Promise<ChildProcess> {
  await using log = await open(file, 'a');
  const script = `
    const { writeSync } = require('node:fs');
    let number = 0;
    setInterval(() => { for (let n = 0; n < 20; n++) writeSync(1, 'line ' + number++ + ' ' + 'x'.repeat(40) + '\\n'); }, 5);`;
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', log.fd, 'inherit'] });
}
