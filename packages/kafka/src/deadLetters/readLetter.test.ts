import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type OutgoingRecord, type RawHeader, toReceived } from '../record.ts';
import { letterOf, pointerOf } from './letter.ts';
import { readLetter } from './readLetter.ts';

/** As it comes back from Kafka: every header as bytes. */
function sent({ key, value, rawHeaders = [], headers }: OutgoingRecord) {
  const raw = (text: unknown) => (text === null ? null : Buffer.from(text as string));
  const all = [...rawHeaders, ...Object.entries(headers)];
  return toReceived('kitchen.dlq', 0, {
    ...{ offset: 5n, key: key === null ? null : Buffer.from(key), value, timestamp: 7n },
    headers: all.map(([name, text]): RawHeader => [name, raw(text)]),
  });
}

const bytes = (maxLength = 40) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const name = fc.oneof(fc.string(), fc.constantFrom('dlq_group', 'dlq_reason', 'dlq_attempts', 'ce_type'));
const found = fc.record({
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  key: fc.option(bytes()),
  value: fc.option(bytes()),
  headers: fc.array(fc.tuple(name, fc.option(bytes()))),
  timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});

test('reads back whatever record a letter was made of', () => {
  fc.assert(
    fc.property(found, (of) => {
      const record = toReceived('brew.orders.v1', 3, of);
      const letter = readLetter(sent(letterOf({ record, failure: { reason: 'key_parked' } }, 'k')), 'k');
      expect(letter).toMatchObject({
        ...{ reason: 'key_parked', key: of.key, value: of.value, timestamp: of.timestamp },
        source: { topic: 'brew.orders.v1', partition: 3, offset: of.offset, lastOffset: undefined },
        headers: of.headers,
      });
    }),
  );
});

test('takes what any bytes of headers say for a letter of ours only if they say all of it', () => {
  const ours = ['dlq_group', 'dlq_reason', 'dlq_source_topic', 'dlq_source_partition', 'dlq_source_offset'];
  const value = fc.constantFrom('k', 'failed', 't', '0', '-1', '99999999999999999999', 'x'.repeat(300), '\0');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...ours), fc.option(value))), (pairs) => {
      const headers = pairs.map(
        ([name, text]): RawHeader => [name, text === null ? null : Buffer.from(text)],
      );
      const record = toReceived('k.dlq', 0, { offset: 1n, key: null, value: null, headers, timestamp: 0n });
      const { reason, source } = readLetter(record, 'k');
      if (reason === 'foreign') expect(source).toBeUndefined();
      else
        expect(source).toMatchObject({
          topic: expect.stringMatching(/^(k|failed|t|0|-1|9+)$/),
          partition: 0,
        });
    }),
  );
});

test('knows the key of a pointer that leaves it out', () => {
  const key = Buffer.alloc(100_000, 1);
  const record = toReceived('t', 0, {
    ...{ offset: 1n, key, value: Buffer.alloc(10), headers: [], timestamp: 0n },
  });
  const letter = readLetter(sent(pointerOf({ record, failure: { reason: 'key_parked' } }, 'k')), 'k');
  expect(letter).toMatchObject({
    ...{ key: null, pointer: 'key,value', valueBytes: 10 },
    keyHash: createHash('sha256').update(key).digest('hex'),
  });
});
