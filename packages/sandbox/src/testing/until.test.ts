import { expect, test } from '@jest/globals';
import { until } from './until.ts';

test('asks until the answer is truthy, and returns it', async () => {
  let asked = 0;
  expect(await until(() => (++asked === 3 ? 'third' : undefined))).toBe('third');
  expect(asked).toBe(3);
});

test('takes an exception for "not yet"', async () => {
  let asked = 0;
  const fact = async () => {
    if (++asked < 2) throw new Error('refused');
    return true;
  };
  expect(await until(fact)).toBe(true);
});

test('says what it waited for, and why in vain', async () => {
  const failing = () => Promise.reject(new Error('connection refused'));
  await expect(until(failing, { timeoutMs: 1, what: 'the broker' })).rejects.toThrow(
    'Waited 1 ms in vain for the broker: connection refused',
  );
  await expect(until(() => 0, { timeoutMs: 1 })).rejects.toThrow('the last answer was 0');
});
