import { BrewError } from '@brew/events';
import { expect, test } from '@jest/globals';
import { pointerOf, provenanceOf } from './deadLetters/letter.ts';
import { createDeadLetterQueue } from './deadLetters.ts';
import { CorruptBatchError, DeadLetterFailedError, SendFailedError } from './errors.ts';
import { MOST_HEADERS, type OutgoingRecord, type ReceivedRecord, toReceived } from './record.ts';
import { createKeyMemory } from './testing/keyMemory.ts';

const record = {
  topic: 'brew.orders.v1',
  partition: 3,
  offset: 42n,
  key: 'order-1',
  value: Buffer.from([0, 1, 2]),
  headers: { ce_id: 'e1', traceparent: '00-…' },
  timestamp: new Date('2026-01-02T03:04:05.678Z'),
} satisfies ReceivedRecord;
const at = new Date('2026-01-02T03:04:06.000Z');
const failed = (error: unknown) =>
  ({ reason: 'failed', error, attempts: 5, firstFailedAt: at, lastFailedAt: at }) as const;

test('tells where a record came from and what was wrong with it', () => {
  const headers = provenanceOf(
    record,
    failed(new BrewError('BREW_RECORD_UNDECODABLE', 'bad bytes')),
    'kitchen',
  );
  expect(headers).toEqual({
    dlq_group: 'kitchen',
    dlq_reason: 'failed',
    dlq_source_topic: 'brew.orders.v1',
    dlq_source_partition: '3',
    dlq_source_offset: '42',
    dlq_source_timestamp: '2026-01-02T03:04:05.678Z',
    dlq_error_name: 'BrewError',
    dlq_error_message: 'bad bytes',
    dlq_error_code: 'BREW_RECORD_UNDECODABLE',
    dlq_error_stack: expect.stringContaining('deadLetters.test.ts'),
    dlq_attempts: '5',
    dlq_first_failed_at: '2026-01-02T03:04:06.000Z',
    dlq_last_failed_at: '2026-01-02T03:04:06.000Z',
  });
});

test('cuts an endless message, so that the record still fits its topic', () => {
  const headers = provenanceOf(record, failed(new Error('x'.repeat(3_000_000))), 'kitchen');
  expect(Buffer.byteLength(JSON.stringify(headers))).toBeLessThan(20_000);
});

test('describes what was thrown without being an error', () => {
  expect(provenanceOf(record, failed('plain text'), 'g')).toMatchObject({
    dlq_error_name: 'string',
    dlq_error_message: 'plain text',
  });
});

const letter = (error: unknown, of: ReceivedRecord = record) => ({ record: of, failure: failed(error) });

function createQueue(send: (records: readonly OutgoingRecord[]) => Promise<void>) {
  const parkedKeys = createKeyMemory();
  const queue = createDeadLetterQueue({ group: 'kitchen', producer: { send }, parkedKeys });
  return { queue, parked: parkedKeys.parked, parkedKeys };
}

const refused = Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });

test('passes a record on under its own key, with its own bytes and headers, and at its own time', async () => {
  const sent: OutgoingRecord[] = [];
  const { queue } = createQueue(async (records) => void sent.push(...records));
  await queue.park([letter(new Error('no'))]);
  expect(sent).toMatchObject([{ topic: 'kitchen.dlq', key: Buffer.from('order-1'), value: record.value }]);
  expect(sent[0]?.rawHeaders).toEqual(Object.entries(record.headers));
  expect(sent[0]).not.toHaveProperty('timestamp');
  const [same, other] = [
    { ...record, offset: 43n },
    { ...record, key: 'order-2' },
  ];
  expect(await queue.behindParked([same, other])).toEqual(new Set([same]));
});

test('does not send again what is still under way', async () => {
  const answer = Promise.withResolvers<void>();
  let sends = 0;
  const { queue, parked } = createQueue(() => {
    sends += 1;
    return answer.promise;
  });
  const letters = [letter(new Error('no'))];
  // Its patience of 5 s.
  await expect(queue.park(letters)).rejects.toThrow(DeadLetterFailedError);
  expect(parked.size).toBe(0);
  const second = queue.park(letters);
  answer.resolve();
  await second;
  expect([sends, parked.size]).toEqual([1, 1]);
});

test('does not mark a key whose record it could not send', async () => {
  const { queue, parked } = createQueue(() => Promise.reject(new Error('broker gone')));
  await expect(queue.park([letter(new Error('no'))])).rejects.toThrow(DeadLetterFailedError);
  expect(parked.size).toBe(0);
});

test('sends a letter that points to a record which is too large, and the others once', async () => {
  const sent: OutgoingRecord[] = [];
  const { queue, parked } = createQueue(async (records) => {
    if (records.some(({ value }) => (value?.length ?? 0) > 1_000_000)) {
      throw new SendFailedError('no', { retryable: false, cause: refused });
    }
    sent.push(...records);
  });
  const large = { ...record, offset: 43n, key: 'order-2', value: Buffer.alloc(3_000_000) };
  await queue.park([
    letter(new Error('no')),
    letter(new Error('no'), large),
    letter(new Error('no'), { ...record, offset: 44n }),
  ]);
  expect(sent.map(({ headers }) => headers.dlq_source_offset)).toEqual(['42', '43', '44']);
  expect(sent[1]).toMatchObject({
    key: Buffer.from('order-2'),
    value: null,
    rawHeaders: Object.entries(record.headers),
    headers: { dlq_pointer: 'value', dlq_value_bytes: '3000000', dlq_source_topic: 'brew.orders.v1' },
  });
  expect(parked.size).toBe(2);
});

test('points to a record that has so many headers that nobody would read its letter', async () => {
  const sent: OutgoingRecord[] = [];
  const { queue } = createQueue(async (records) => void sent.push(...records));
  const headersOf = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`h${i}`, '']));
  await queue.park([
    letter(new Error('no'), { ...record, headers: headersOf(950) }),
    letter(new Error('no'), { ...record, headers: headersOf(1_000), offset: 43n }),
  ]);
  const [whole, pointer] = sent as [OutgoingRecord, OutgoingRecord];
  const count = ({ headers, rawHeaders = [] }: OutgoingRecord) =>
    Object.keys(headers).length + rawHeaders.length;
  expect(count(whole)).toBeGreaterThan(950);
  expect(count(whole)).toBeLessThanOrEqual(MOST_HEADERS);
  expect(pointer).toMatchObject({ key: Buffer.from('order-1'), value: null, rawHeaders: [] });
  expect(pointer.headers).toMatchObject({ dlq_pointer: 'headers,value', dlq_source_offset: '43' });
});

test('does not send again as large a record as was refused', async () => {
  const tried: number[] = [];
  const { queue } = createQueue(async (records) => {
    const bytes = records[0]?.value?.length ?? 0;
    tried.push(bytes);
    if (bytes > 1_000_000) throw new SendFailedError('no', { retryable: false, cause: refused });
  });
  for (const size of [2_000_000, 3_000_000, 2_000_000, 1_500_000, 500_000])
    await queue.park([letter(new Error('no'), { ...record, value: Buffer.alloc(size) })]);
  // Each refused one, and each that would be, is followed by its pointer.
  expect(tried).toEqual([2_000_000, 0, 0, 0, 1_500_000, 0, 500_000]);
});

test.each([
  ['key', { key: 'k'.repeat(900_000) }, 'key,value'],
  ['headers', { headers: { h: 'h'.repeat(900_000) } }, 'headers,value'],
])('points to a %s that is too large, too', (_, parts, pointer) => {
  const small = pointerOf(letter(new Error('no'), { ...record, ...parts }), 'kitchen');
  expect(small.headers.dlq_pointer).toBe(pointer);
  expect(JSON.stringify(small).length).toBeLessThan(20_000);
});

test('does not even try what no broker would take', async () => {
  const sent: OutgoingRecord[] = [];
  const { queue } = createQueue(async (records) => void sent.push(...records));
  await queue.park([letter(new Error('no'), { ...record, value: Buffer.alloc(20_000_000) })]);
  expect(sent).toMatchObject([{ value: null, headers: { dlq_pointer: 'value' } }]);
});

test('tells of what was stepped over', async () => {
  const sent: OutgoingRecord[] = [];
  const { queue } = createQueue(async (records) => void sent.push(...records));
  const error = new CorruptBatchError('t/0', 'it can not be unpacked');
  await queue.tell({ topic: 't', partition: 0, firstOffset: 5n, lastOffset: 9n, why: 'unreadable', error });
  expect(sent).toMatchObject([
    {
      topic: 'kitchen.dlq',
      key: null,
      value: null,
      headers: {
        dlq_reason: 'unreadable',
        dlq_source_offset: '5',
        dlq_source_last_offset: '9',
        dlq_error_code: 'BREW_BATCH_CORRUPT',
      },
    },
  ]);
});

test('parks no key for who does not depend on the order of records', async () => {
  const sent: OutgoingRecord[] = [];
  const queue = createDeadLetterQueue({
    producer: { send: async (records) => void sent.push(...records) },
    group: 'analytics',
  });
  await queue.park([letter(new Error('bad bytes'))]);
  expect(sent).toMatchObject([{ topic: 'analytics.dlq', value: record.value }]);
  expect(await queue.behindParked([record])).toEqual(new Set());
});

test('tells the time of a record that no Date can tell', () => {
  const found = { offset: 1n, key: null, value: null, headers: [], timestamp: 2n ** 63n - 1n };
  const odd = toReceived('t', 0, found);
  expect(provenanceOf(odd, failed(new Error('no')), 'g')).toMatchObject({
    dlq_source_timestamp: '9223372036854775807',
  });
});

test('hands back what is not behind a parked key any more, and sends the others', async () => {
  const sent: OutgoingRecord[] = [];
  const { queue } = createQueue(async (records) => void sent.push(...records));
  await queue.park([letter(new Error('no'))]);
  const [same, other] = [
    { ...record, offset: 43n },
    { ...record, offset: 44n, key: 'let-go' },
  ];
  const behind = [same, other].map((of) => ({ record: of, failure: { reason: 'key_parked' } as const }));
  expect(await queue.park(behind)).toEqual(new Set([other]));
  expect(sent.map(({ headers }) => headers.dlq_source_offset)).toEqual(['42', '43']);
});

test('holds the keys until the letters are there', async () => {
  const order: string[] = [];
  const { parkedKeys } = createQueue(async () => undefined);
  const queue = createDeadLetterQueue({
    group: 'kitchen',
    producer: { send: async () => void order.push('sent') },
    parkedKeys: {
      has: parkedKeys.has,
      async hold(keys, work) {
        order.push('held');
        const result = await parkedKeys.hold(keys, work);
        order.push('committed');
        return result;
      },
    },
  });
  await queue.park([letter(new Error('no'))]);
  expect(order).toEqual(['held', 'sent', 'committed']);
});

test('asks the memory once for all chunks that come at the same time, and holds nothing', async () => {
  const asked: number[] = [];
  const queue = createDeadLetterQueue({
    group: 'kitchen',
    producer: { send: async () => undefined },
    parkedKeys: {
      async has(_topic, keys) {
        asked.push(keys.length);
        return [];
      },
      hold: () => Promise.reject(new Error('no key is to be held')),
    },
  });
  const chunks = [0, 1, 2].map((partition) =>
    [0, 1].map((n) => ({ ...record, partition, key: `${partition}/${n}` })),
  );
  await Promise.all(chunks.map((chunk) => queue.behindParked(chunk)));
  expect(asked).toEqual([6]);
});
