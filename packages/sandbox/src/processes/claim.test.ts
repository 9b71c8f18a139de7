import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { layout } from '../paths.ts';
import { claim } from './claim.ts';
import { processIdentity } from './processIdentity.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-claim-'));
});
afterEach(() => rm(dir, { recursive: true }));

const files = async () => (await readdir(layout(dir).claims)).sort();

/** Leaves the claim of a process that was killed, or of one that has got its pid since. */
async function leaveClaim(number: number, holder: { pid: number; identity: string }): Promise<void> {
  await mkdir(layout(dir).claims, { recursive: true });
  await writeFile(join(layout(dir).claims, `${number}`), JSON.stringify(holder));
}

test('a folder has one holder at a time', async () => {
  const first = await claim(dir);
  await expect(claim(dir)).rejects.toMatchObject({ code: 'BREW_ALREADY_RUNNING' });
  await first.release();
  await (await claim(dir)).release();
  expect(await files()).toEqual(['2']);
});

test('of many starts at once, after one that was killed, a single one wins', async () => {
  for (let round = 1; round <= 20; round++) {
    await leaveClaim(round * 100, { pid: process.pid, identity: 'of an earlier process' });
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => claim(dir)));
    const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(won).toHaveLength(1);
    await won[0]?.value.release();
  }
});

test('so it is among processes', async () => {
  await leaveClaim(7, { pid: process.pid, identity: 'of an earlier process' });
  const module = fileURLToPath(new URL('./claim.ts', import.meta.url));
  const script = `
    const { claim } = await import(${JSON.stringify(module)});
    process.stdin.once('data', async () => {
      await claim(${JSON.stringify(dir)}).then(() => console.log('won'), (error) => console.log(error.code));
      process.stdin.once('data', () => process.exit());
    });
    console.log('ready');`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const next = () =>
    Promise.all(children.map(async (child) => String((await once(child.stdout, 'data'))[0]).trim()));
  expect(new Set(await next())).toEqual(new Set(['ready']));
  const said = next();
  for (const child of children) child.stdin.write('now\n');
  expect((await said).sort()).toEqual([...Array(3).fill('BREW_ALREADY_RUNNING'), 'won']);
  for (const child of children) child.kill('SIGKILL');
});

test('a claim that a power cut has left empty is nobody’s', async () => {
  await mkdir(layout(dir).claims, { recursive: true });
  await writeFile(join(layout(dir).claims, '3'), '');
  await claim(dir);
  expect(await files()).toEqual(['4']);
});

test('names the process that has it', async () => {
  await leaveClaim(1, { pid: process.ppid, identity: (await processIdentity(process.ppid)) ?? '' });
  await expect(claim(dir)).rejects.toThrow(`Brew runs already as process ${process.ppid}, in ${dir}.`);
});
