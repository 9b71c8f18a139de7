import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type EventContext,
  fromHeaders,
  InvalidHeadersError,
  problemInContext,
  toHeaders,
} from './cloudEvents.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const context: EventContext = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  type: 'brew.orders.v1.OrderPlaced',
  source: '/brew/order',
  time: new Date('2026-05-01T12:30:00.123Z'),
  correlationId: '01890a5d-ac96-774b-bcce-b302099a8056',
  causationId: '01890a5d-ac96-774b-bcce-b302099a8055',
  traceparent,
};

const without = (name: string) =>
  Object.fromEntries(Object.entries(toHeaders(context)).filter(([key]) => key !== name));

describe('toHeaders', () => {
  test('writes the CloudEvents 1.0 Kafka binding, binary mode', () => {
    expect(toHeaders(context)).toEqual({
      ce_specversion: '1.0',
      ce_id: '01890a5d-ac96-774b-bcce-b302099a8057',
      ce_type: 'brew.orders.v1.OrderPlaced',
      ce_source: '/brew/order',
      ce_time: '2026-05-01T12:30:00.123Z',
      ce_correlationid: '01890a5d-ac96-774b-bcce-b302099a8056',
      ce_causationid: '01890a5d-ac96-774b-bcce-b302099a8055',
      'content-type': 'application/avro',
      traceparent,
    });
  });

  test('leaves out what there is not', () => {
    const headers = toHeaders({ ...context, causationId: undefined, traceparent: undefined });
    expect(Object.keys(headers)).not.toContain('ce_causationid');
    expect(Object.keys(headers)).not.toContain('traceparent');
  });
});

describe('fromHeaders', () => {
  const text = fc.string({ minLength: 1, unit: 'binary' });
  const hex = (length: number) =>
    fc.string({ minLength: length, maxLength: length, unit: fc.constantFrom(...'0123456789abcdef') });
  const anyContext = fc.record<EventContext, 'id' | 'type' | 'source' | 'time' | 'correlationId'>(
    {
      id: text,
      type: text,
      source: text,
      // RFC 3339 has four-digit years.
      time: fc.date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
      correlationId: text,
      causationId: text,
      traceparent: fc
        .tuple(hex(31), hex(15), fc.constantFrom('00', '01'))
        .map(([trace, span, flags]) => `00-${trace}1-${span}1-${flags}`),
    },
    { requiredKeys: ['id', 'type', 'source', 'time', 'correlationId'] },
  );

  test('gives back every context that toHeaders wrote', () => {
    fc.assert(
      fc.property(anyContext, (any) => {
        expect(fromHeaders(toHeaders(any))).toEqual(any);
      }),
    );
  });

  test('leaves headers alone that it does not know', () => {
    expect(fromHeaders({ ...toHeaders(context), dlq_source_topic: 'brew.orders.v1' })).toEqual(context);
  });

  test.each([
    'ce_specversion',
    'ce_id',
    'ce_type',
    'ce_source',
    'ce_time',
    'ce_correlationid',
    'content-type',
  ])('refuses a record without %s', (name) => {
    expect(() => fromHeaders(without(name))).toThrow(`${name} is missing`);
  });

  test.each([
    ['ce_specversion', '0.3'],
    ['content-type', 'application/json'],
    ['ce_time', '2026'],
    ['ce_time', '2026-05-01T12:30:00'],
    ['ce_time', '2026-13-01T12:30:00Z'],
    ['ce_time', 'yesterday'],
  ])('refuses %s: %s', (name, value) => {
    expect(() => fromHeaders({ ...toHeaders(context), [name]: value })).toThrow(`${name} `);
    expect(() => fromHeaders({ ...toHeaders(context), [name]: value })).toThrow(value);
  });

  test('takes what others may write: an offset in the time, parameters in the media type', () => {
    const headers = {
      ce_time: '2026-05-01t14:30:00.123+02:00',
      'content-type': 'Application/Avro; charset=utf-8',
    };
    expect(fromHeaders({ ...toHeaders(context), ...headers })).toEqual(context);
  });

  test('names everything that is wrong at once, and can not be retried', () => {
    let error: unknown;
    try {
      fromHeaders({});
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidHeadersError);
    expect(error).toMatchObject({ code: 'BREW_HEADERS_INVALID', retryable: false });
    expect((error as Error).message.match(/is missing/g)).toHaveLength(7);
  });

  test('counts a malformed traceparent as none: a broken trace must not stop an order', () => {
    const read = fromHeaders({ ...toHeaders(context), traceparent: '00-0-0-00' });
    expect(read).toEqual({ ...context, traceparent: undefined });
    expect(Object.keys(read)).not.toContain('traceparent');
  });

  test('knows an id in capitals for the one that it is', () => {
    const capitals = {
      ce_id: context.id.toUpperCase(),
      ce_causationid: context.causationId?.toUpperCase() ?? '',
    };
    expect(fromHeaders({ ...toHeaders(context), ...capitals })).toEqual(context);
  });
});

test('Brew makes no ids but UUIDs, and no times before 1970', () => {
  expect(problemInContext(context)).toBeUndefined();
  for (const id of ['order-1', `{${context.id}}`, `${context.id}-2`, context.id.replaceAll('-', '')]) {
    expect(problemInContext({ ...context, id })).toBe(`ce_id "${id}" is not a UUID`);
  }
  expect(problemInContext({ ...context, time: new Date('0000-01-01T00:00:00Z') })).toMatch('before 1970');
});
