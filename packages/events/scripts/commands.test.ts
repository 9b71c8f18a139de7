import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const sources = fileURLToPath(new URL('..', import.meta.url));
const placed = 'schemas/brew.orders.v1/OrderPlaced.avsc';

/** A copy of this package, so that a test can break a schema and run the real commands on it. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brew-events-'));
  for (const part of ['schemas', 'scripts', 'src', 'package.json']) {
    cpSync(join(sources, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(sources, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (script: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'scripts', script), ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
};
const change = (from: string, to: string) => {
  const text = readFileSync(join(folder, placed), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(folder, placed), text.replace(from, to));
};
const addNote = (rest: string) =>
  change('"fields": [', `"fields": [{ "name": "note", "type": "string", "doc": "A wish."${rest} },`);

describe('generate.ts', () => {
  test('--check fails with a sentence until the generated files are written again', () => {
    expect(run('generate.ts', '--check')).toMatchObject({ status: 0 });
    addNote(', "default": ""');
    expect(run('generate.ts', '--check')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'The schemas and src/generated/events.ts and src/generated/schemas.ts and src/generated/olderSchemas.ts differ. Run: npm run generate\n',
    });
    expect(run('generate.ts')).toMatchObject({
      status: 0,
      stdout: 'Wrote events.ts and schemas.ts and olderSchemas.ts.\n',
    });
    expect(run('generate.ts', '--check')).toMatchObject({ status: 0 });
    expect(readFileSync(join(folder, 'src/generated/events.ts'), 'utf8')).toContain(
      '  /** A wish. */\n  note: string;\n',
    );
  });
});

describe('checkCompatibility.ts', () => {
  test.each([
    [
      'a field added without default',
      () => addNote(''),
      'OrderPlaced, field note, was added without a default',
    ],
    [
      'a changed type',
      () => change('{ "name": "cafeId", "type": "string"', '{ "name": "cafeId", "type": "int"'),
      'OrderPlaced, field cafeId, changed its type from string to int',
    ],
    [
      'a removed field',
      () => change('{ "name": "cafeId", "type": "string", "doc": "The cafe that makes it." },', ''),
      'OrderPlaced, field cafeId, was removed',
    ],
    [
      "a timestamp's changed unit",
      () => change('timestamp-millis', 'timestamp-micros'),
      'OrderPlaced, field placedAt, changed its logical type from timestamp-millis to timestamp-micros',
    ],
    [
      'a removed enum symbol',
      () => change('["drink", "food"]', '["drink"]'),
      'OrderPlaced, field items[].category, lost the symbol food',
    ],
  ])('turns red on %s, without a stack trace', (_, breakIt, sentence) => {
    breakIt();
    const { status, stderr } = run('checkCompatibility.ts', '--release');
    expect(status).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, 'schemas/released/brew.orders.v1/OrderPlaced.3.avsc'))).toBe(false);
  });

  test('--release keeps a compatible change as the next version, once', () => {
    addNote(', "default": ""');
    const released = join(folder, 'schemas/released/brew.orders.v1/OrderPlaced.3.avsc');
    expect(run('checkCompatibility.ts', '--release')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Version 3 of OrderPlaced is released'),
    });
    expect(readFileSync(released, 'utf8')).toBe(readFileSync(join(folder, placed), 'utf8'));
    expect(run('checkCompatibility.ts', '--release').stdout).toMatch(
      /^18 events are compatible with all \d+ released versions\.\n$/,
    );
  });
});

describe('every command', () => {
  test.each(['generate.ts', 'checkCompatibility.ts'])(
    '%s has --help with examples, and refuses other flags',
    (script) => {
      expect(run(script, '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Examples') });
      expect(run(script, '--chek')).toMatchObject({ status: 2, stderr: expect.stringContaining("'--chek'") });
    },
  );
});

test("the README's example prints what the README shows", () => {
  const readme = readFileSync(join(sources, 'README.md'), 'utf8');
  const [example, output] = [/```ts\n(.*?)```/s, /```text\n(.*?)```/s].map(
    (block) => block.exec(readme)?.[1] ?? '',
  );
  writeFileSync(join(folder, 'scripts/example.ts'), example ?? '');
  expect(run('example.ts')).toEqual({ status: 0, stdout: output, stderr: '' });
});
