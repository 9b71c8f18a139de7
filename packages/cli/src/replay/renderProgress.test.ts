import { expect, test } from '@jest/globals';
import { plain } from '../text/format.ts';
import { progressModel, renderBar, renderProgress } from './renderProgress.ts';

const at = (offset: number) => ({
  partitions: [
    { topic: 'a', partition: 0, from: 1_000, offset: 1_000 + offset, until: 601_000 },
    { topic: 'a', partition: 1, from: 0, offset: 0, until: 400_000 },
  ],
});

test('says how far it is, how fast, and for how long it will go on', () => {
  expect(renderProgress(progressModel(at(430_000), 1_000))).toBe(
    '430,000 of 1,000,000 records, 430,000 a second, 1.3 s left',
  );
  expect(renderProgress(progressModel(at(0), 0))).toBe('0 of 1,000,000 records, 0 a second');
});

test('draws a bar', () => {
  expect(renderBar(progressModel(at(500_000), 1_000), plain)).toBe(
    '███████████████░░░░░░░░░░░░░░░  50 %  500,000 of 1,000,000 records, 500,000 a second, 1.0 s left',
  );
  const nothing = { partitions: [] };
  expect(renderBar(progressModel(nothing, 1), plain)).toMatch(/^█{30} 100 %/);
});
