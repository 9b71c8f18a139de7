import { expect, test } from '@jest/globals';
import { leastUuidv7, uuidv7 } from './ids.ts';

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

test('leastUuidv7 lies between the ids of a time and those before', () => {
  const at = Date.now();
  const idOf = (time: number) => `${leastUuidv7(time)}-7000-8000-000000000000`;
  expect(idOf(at - 1) < leastUuidv7(at)).toBe(true);
  expect(idOf(at) > leastUuidv7(at)).toBe(true);
  expect(uuidv7() > leastUuidv7(at)).toBe(true);
  expect(leastUuidv7(0)).toBe('00000000-0000');
});
