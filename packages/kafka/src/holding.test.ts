import { expect, test } from '@jest/globals';
import { createHolding, MOST_HELD } from './holding.ts';
import { type RawHeader, toReceived } from './record.ts';

const half = () => Buffer.alloc(MOST_HELD / 2 + 1);
const recordOf = (parts: { key?: Buffer; value?: Buffer; headers?: RawHeader[] }) =>
  toReceived('t', 0, { key: null, value: null, headers: [], offset: 0n, timestamp: 0n, ...parts });

test('counts what a record is a view of, once for all records of a batch', () => {
  const holding = createHolding();
  const [first, second] = [half(), half()];
  for (const at of [0, 10, 20]) {
    const record = recordOf({ value: first.subarray(at, at + 10) });
    expect(holding.wouldBeTooMuch(record)).toBe(false);
    holding.add(record);
  }
  expect(holding.bytes).toBe(first.length);
  expect(holding.wouldBeTooMuch(recordOf({ key: second.subarray(0, 1) }))).toBe(true);
  expect(holding.wouldBeTooMuch(recordOf({ headers: [['h', second.subarray(0, 1)]] }))).toBe(true);
  expect(holding.wouldBeTooMuch(recordOf({}))).toBe(false);
});

test('always has room for the first record', () => {
  const whole = recordOf({ value: Buffer.alloc(2 * MOST_HELD) });
  const holding = createHolding();
  expect(holding.wouldBeTooMuch(whole)).toBe(false);
  holding.add(whole);
  expect(holding.wouldBeTooMuch(recordOf({ value: half() }))).toBe(true);
});
