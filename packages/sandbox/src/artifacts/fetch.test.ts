import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { completeOrAbsent } from './fetch.ts';

describe('completeOrAbsent', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'brew-fetch-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  const write = (text: string) => (folder: string) => writeFile(join(folder, 'jar'), text);
  const fail = async (folder: string) => {
    await writeFile(join(folder, 'jar'), 'half');
    throw new Error('the line broke');
  };

  test('fills a folder once, and finds it from then on', async () => {
    const folder = join(parent, 'cache/kafka');
    expect(await completeOrAbsent(folder, write('whole'))).toEqual({ folder, fetched: true });
    expect(await completeOrAbsent(folder, fail)).toEqual({ folder, fetched: false });
    expect(await readFile(join(folder, 'jar'), 'utf8')).toBe('whole');
  });

  test('leaves nothing when filling fails, so that the next start tries again', async () => {
    const folder = join(parent, 'kafka');
    await expect(completeOrAbsent(folder, fail)).rejects.toThrow('the line broke');
    expect(await readdir(parent)).toEqual([]);
    expect(await completeOrAbsent(folder, write('whole'))).toMatchObject({ fetched: true });
  });

  test('gives two that fill at once the same whole folder', async () => {
    const folder = join(parent, 'kafka');
    const both = await Promise.all([
      completeOrAbsent(folder, write('whole')),
      completeOrAbsent(folder, write('whole')),
    ]);
    expect(both.filter(({ fetched }) => fetched)).toHaveLength(1);
    expect(await readdir(parent)).toEqual(['kafka']);
  });
});
