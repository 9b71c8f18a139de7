import { expect, test } from '@jest/globals';
import { uuidv7 } from './ids.ts';

test('uuidv7 gives ids of version 7 that sort by when they were made', () => {
  const ids = Array.from({ length: 1000 }, uuidv7);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids).toEqual([...ids].sort());
  expect(new Set(ids).size).toBe(1000);
});

test('uuidv7 begins with the time in milliseconds', () => {
  const before = Date.now();
  const made = Number.parseInt(uuidv7().replace('-', '').slice(0, 12), 16);
  expect(made).toBeGreaterThanOrEqual(before);
  expect(made).toBeLessThanOrEqual(Date.now());
});
