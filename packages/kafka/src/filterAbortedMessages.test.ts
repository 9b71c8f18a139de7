import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. Brokers tell of aborted transactions in the order in which they ended. Unpatched, kafkajs takes that for the
 * order in which they began: a consumer gets records of the one that began first and ended last. And it takes a record for the end of its
 * transaction whose key is that of an abort marker, four zeros, which any client may write.
 */
const require = createRequire(import.meta.url);
const filterAbortedMessages = require('kafkajs/src/consumer/filterAbortedMessages');

const marker = Buffer.alloc(4);
const record = (offset: number, producerId: string, key: Buffer | null = null, isControlRecord = false) => ({
  ...{ offset: `${offset}`, key, isControlRecord },
  batchContext: { producerId, inTransaction: true },
});
type Message = ReturnType<typeof record>;

/** The offsets that are left when these transactions were aborted. */
const left = (messages: Message[], ...aborted: [producerId: string, firstOffset: number][]): number[] =>
  filterAbortedMessages({
    messages,
    abortedTransactions: aborted.map(([producerId, firstOffset]) => ({
      producerId,
      firstOffset: `${firstOffset}`,
    })),
  })
    .filter(({ isControlRecord }: Message) => !isControlRecord)
    .map(({ offset }: Message) => Number(offset));

test('leaves out a transaction that began before another one and ended after it', () => {
  const messages = [record(0, 'a'), record(1, 'b'), record(2, 'b', marker, true), record(3, 'a')];
  const end = record(4, 'a', marker, true);
  expect(left([...messages, end, record(5, 'a'), record(6, 'b')], ['b', 1], ['a', 0])).toEqual([5, 6]);
});

test('leaves out all that have begun when the first records of some are not there any more', () => {
  const messages = [record(7, 'a'), record(8, 'b'), record(9, 'c')];
  expect(left(messages, ['b', 2], ['c', 3], ['a', 1])).toEqual([]);
});

test('takes no record for the end of its transaction', () => {
  const messages = [record(0, 'a', marker), record(1, 'a'), record(2, 'a', marker, true), record(3, 'a')];
  expect(left(messages, ['a', 0])).toEqual([3]);
});
