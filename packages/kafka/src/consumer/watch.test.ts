import { expect, it, jest } from '@jest/globals';
import type { ReceivedRecord } from '../record.ts';
import { watch } from './watch.ts';

it('says that it is `process` that takes longer than the session, with which records, and what to change', async () => {
  jest.useFakeTimers();
  const { promise, resolve } = Promise.withResolvers<void>();
  const { process, hanging } = watch(() => promise, 15_000);
  const record = { topic: 'brew.orders.v1', partition: 2, offset: 7n } as unknown as ReceivedRecord;
  const call = process([record]);
  jest.advanceTimersByTime(15_000);
  expect(hanging()).toBeUndefined();
  jest.advanceTimersByTime(1);
  expect(hanging()).toBe(
    '`process` took longer than sessionTimeoutMs (15000 ms) with the records from brew.orders.v1/2, offset 7 on. They come again: do less at a time (maxRecords), or raise sessionTimeoutMs',
  );
  resolve();
  await call;
  expect(hanging()).toBeUndefined();
  jest.useRealTimers();
});
