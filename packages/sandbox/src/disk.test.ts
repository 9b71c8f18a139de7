import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { createDiskWatch, freeMiB, lowDisk } from './disk.ts';

test('tells once that a disk gets full, and once that it has room again', () => {
  const told: string[] = [];
  const watch = createDiskWatch('/brew', (text) => told.push(text));
  // Around the bound it says nothing new.
  for (const free of [10_000, 513, 511, 300, 512, 511, 575, 0, 576, 600, 511]) watch(free);
  expect(told).toEqual([
    'The disk of /brew has 511 MiB free. When it is full, Brew stands still until there is room.',
    'The disk of /brew has room again: 576 MiB are free.',
    'The disk of /brew has 511 MiB free. When it is full, Brew stands still until there is room.',
  ]);
});

test('knows of a disk with enough room nothing to say', async () => {
  expect(lowDisk('/brew', 512)).toBeUndefined();
  expect(await freeMiB(tmpdir())).toBeGreaterThan(0);
});
