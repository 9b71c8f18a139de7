import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const file = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)));

/** A benchmark that has a process of its own, and takes a moment to end. */
const patient = `
  import { execFile } from 'node:child_process';
  import { setTimeout as delay } from 'node:timers/promises';
  import { promisify } from 'node:util';
  import { runBench } from ${file('runBench.ts')};
  async function measure(_, { signal }) {
    try {
      console.log('measuring');
      await promisify(execFile)('sleep', ['600'], { signal });
    } finally {
      await delay(100);
      console.log('removed');
    }
  }
  process.exit(await runBench({ help: '', readOptions: () => ({}), measure }));`;

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('ends what it has started after %s, and then itself, with %d', async (signal, code) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', patient], { stdio: 'pipe' });
  child.stdout.once('data', () => child.kill(signal));
  const [[exitCode], output, errors] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  expect([exitCode, output, errors]).toEqual([code, 'measuring\n stopping\nremoved\n', 'Interrupted.\n']);
});

describe('every benchmark', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const run = (name: string, args: readonly string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const script = String(scripts[name]).split(' ').at(-1) ?? '';
      const child = execFile(process.execPath, [script, ...args], { cwd: root }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });

  const bad = [
    ['bench:reader', '--events abc'],
    ['bench:replay', '--rounds 0'],
    ['bench:produce', '--only 50'],
    ['bench:relay', '--compression brotli'],
    ['bench:flow', '--profile kitchn'],
    ['bench:soak', '--minutes -5'],
    ['clients', '--only nothing'],
  ];
  const unknown = Object.keys(scripts)
    .filter((name) => name.startsWith('bench:'))
    .map((name) => [name, '--foo']);

  it.each([...bad, ...unknown])(
    '%s refuses %s on one line, and starts nothing',
    async (name = '', args = '') => {
      const { code, stdout, stderr } = await run(name, args.split(' '));
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^[^\n]+\. (Take|Run it with --help) [^\n]+\n$/);
    },
  );
});
