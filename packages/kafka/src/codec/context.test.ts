import { type EventContext, toHeaders } from '@brew/events';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRecords } from '../reader/records.ts';
import { toReceived } from '../record.ts';
import { batchOf } from '../testing/batches.ts';
import { contextOf } from './context.ts';
import { contextAsWritten } from './contextAsWritten.ts';

type Header = readonly [name: string, value: Buffer | null];

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const context: EventContext = {
  id: ID,
  type: 'brew.orders.v1.OrderPlaced',
  source: '/brew/order',
  time: new Date('2026-05-01T12:30:00.123Z'),
  correlationId: '01890a5d-ac96-774b-bcce-b302099a8056',
  causationId: '01890a5d-ac96-774b-bcce-b302099a8055',
  traceparent: TRACEPARENT,
};
const written = Object.entries(toHeaders(context)).map(
  ([name, value]) => [name, Buffer.from(value)] as const,
);

function inBatch(headers: readonly Header[]) {
  const record = { key: null, value: null, headers, timestamp: 0 };
  const range = { topic: 't', partition: 3, from: 0n, nextOffset: 1n, endOffset: 1n, aborted: [] };
  const records = createRecords({ ...range, bytes: batchOf({ baseOffset: 0n, records: [record] }) });
  records.next();
  return records.received();
}

/** A record of the same headers that has no batch, and so is always looked at closely. */
const byItself = (headers: readonly Header[]) =>
  toReceived('t', 3, { offset: 0n, key: null, value: null, headers, timestamp: 0n });

function outcomeOf(read: () => EventContext): unknown {
  try {
    return read();
  } catch (error) {
    return [(error as Error).name, String(error)];
  }
}

test('reads what Brew writes without a close look', () => {
  const without = (...names: string[]) => written.filter(([name]) => !names.includes(name));
  const quick = (headers: readonly Header[]) => contextAsWritten(inBatch(headers) as never);
  expect(quick(written)).toEqual(context);
  expect(quick(without('traceparent'))).toEqual({ ...context, traceparent: undefined });
  expect(quick(without('ce_causationid'))).toEqual({ ...context, causationId: undefined });
  const { id, type, source, time, correlationId } = context;
  const least = without('ce_causationid', 'traceparent');
  expect(quick(least)).toEqual({ id, type, source, time, correlationId });
  expect(quick([['other', Buffer.from('é')], ...least, ['ce_other', null]])).toEqual(quick(least));
});

const odd = fc.constantFrom(
  ...['', '1.0', '1.1', 'application/avro', 'Application/Avro; charset=utf-8', 'application/avrox', 'é'],
  ...[
    '2026-05-01T12:30:00.123Z',
    '2026-02-30T12:30:00.123Z',
    '2026-05-01T24:00:00.000Z',
    '1969-05-01T12:30:00.123Z',
  ],
  ...[
    '2026-05-01T12:30:60.123Z',
    '2026-05-01t12:30:00.123z',
    '2O26-05-01T12:30:00.123Z',
    '2026-05-01T12:60:00.123Z',
  ],
  ...[
    '2026-05-01T12:30:00,123Z',
    '2026-13-01T12:30:00.123Z',
    '2026-05-01T12:30:00.1234Z',
    '2026-05-01T12:30:0:.123Z',
  ],
  ...[
    ID.toUpperCase(),
    `${ID}0`,
    ID.slice(1),
    ID.replace('a', 'g'),
    ID.replaceAll('-', '0'),
    `${ID.slice(0, -1)}-`,
  ],
  ...['00-0-0-00', TRACEPARENT.toUpperCase(), `${TRACEPARENT}-0`, TRACEPARENT.replace('00', '01')],
  ...[
    TRACEPARENT.replace(/4bf9[0-9a-f]*/, '0'.repeat(32)),
    TRACEPARENT.replace('00f067aa0ba902b7', '0'.repeat(16)),
  ],
  'x'.repeat(2_000),
);
const value = fc.option(
  fc.oneof(
    odd.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  ),
);
const change = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'repeat', 'swap', 'spoil', 'insert'),
  at: fc.nat(written.length - 1),
  to: fc.nat(written.length - 1),
  byte: fc.nat(255),
  value,
});

type Change = typeof change extends fc.Arbitrary<infer One> ? One : never;

function apply(headers: readonly Header[], { kind, at, to, byte, value }: Change): Header[] {
  const header = headers[at] ?? ['other', null];
  const [name, before] = header;
  switch (kind) {
    case 'replace':
      return headers.with(at % headers.length, [name, value]);
    case 'remove':
      return headers.toSpliced(at, 1);
    case 'repeat':
      return headers.toSpliced(to, 0, [name, value]);
    case 'swap':
      return headers.toSpliced(at, 1).toSpliced(to, 0, header);
    case 'insert':
      return headers.toSpliced(to, 0, ['ce_other', value]);
    default: {
      const spoilt = Buffer.from(before ?? 'x');
      spoilt[byte % spoilt.length] = byte;
      return headers.with(at % headers.length, [name, spoilt]);
    }
  }
}

test('reads headers quickly as it reads them closely', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
      const headers = changes.reduce(apply, written as readonly Header[]);
      expect(outcomeOf(() => contextOf(inBatch(headers)))).toEqual(
        outcomeOf(() => contextOf(byItself(headers))),
      );
    }),
    { numRuns: 3_000 },
  );
});
