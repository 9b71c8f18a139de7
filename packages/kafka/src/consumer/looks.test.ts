import { expect, test } from '@jest/globals';
import { CorruptBatchError, UndecodableRecordError } from '../errors.ts';
import type { Gap } from '../fetched.ts';
import { createLooks } from './looks.ts';

const gap = (firstOffset: bigint, error: Error): Gap => ({
  ...{ topic: 't', partition: 0, firstOffset, lastOffset: firstOffset, why: 'unreadable', error },
});
const corrupt = new CorruptBatchError('t/0', 'its checksum is not that of its bytes');

test('looks three times at a batch that is not as it was written, and at the next one, too', () => {
  const again = createLooks();
  expect([5n, 5n, 5n, 9n, 9n, 9n].map((offset) => again(gap(offset, corrupt)))).toEqual([
    ...[true, true, false],
    ...[true, true, false],
  ]);
});

test('looks once at what was written so', () => {
  expect(createLooks()(gap(5n, new UndecodableRecordError('it unpacks to too much')))).toBe(false);
});
