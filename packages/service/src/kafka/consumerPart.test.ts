import { expect, test } from '@jest/globals';
import { healthOf } from './consumerPart.ts';

const well = { state: 'running', lastError: undefined, heldUp: undefined } as const;
const heldUp = {
  topic: 'brew.orders.v1',
  partition: 3,
  offset: 42n,
  key: `evil\n${'k'.repeat(1_000)}`,
  since: new Date('2026-01-02T03:04:05Z'),
  error: new Error('no'),
  others: 3,
};

test('is up while it reads and gets on', () => {
  expect(healthOf(well)).toEqual({ up: true });
});

test('is down while it waits for something, and says for what', () => {
  const health = healthOf({ ...well, lastError: new Error('the database is away') });
  expect(health).toEqual({ up: false, detail: 'running: the database is away' });
});

test('is down when it does not get on, and names the record that holds it up', () => {
  const { up, detail } = healthOf({ ...well, heldUp });
  expect(up).toBe(false);
  expect(detail).toMatch(
    /^running: no; brew.orders.v1\/3 stands at offset 42 \(key "evil\\n[k]{95}"\) since 2026-01-02T03:04:05.000Z, and 3 more$/,
  );
});

test('is down while every record fails', () => {
  expect(healthOf({ ...well, state: 'halted', lastError: new Error('Every record fails') })).toMatchObject({
    up: false,
    detail: 'halted: Every record fails',
  });
});
