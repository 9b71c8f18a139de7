import { OrderCancelled } from '@brew/events';
import { describe, expect, it } from '@jest/globals';
import { encodeDrafts } from './encodeDrafts.ts';
import { fromValue, parseLinesOf } from './parseInput.ts';

const text = { headers: {}, objects: false };
const objects = { headers: {}, objects: true };
const bytes = (value: string) => ({ kind: 'bytes', bytes: Buffer.from(value) });

describe('lines of text', () => {
  it('are a record each, under the same key; empty ones are none', () => {
    expect(parseLinesOf('one\n\n two \r\n', { ...text, key: 'k', headers: { a: '1' } })).toMatchObject([
      { where: 'line 1', key: 'k', headers: { a: '1' }, content: bytes('one') },
      { where: 'line 3', key: 'k', headers: { a: '1' }, content: bytes(' two ') },
    ]);
    expect(parseLinesOf('one', text)).toMatchObject([{ key: null }]);
  });

  it("are an event's data when a type is given", () => {
    expect(fromValue('{"orderId":"o"}', 'the value', { ...text, type: OrderCancelled })).toMatchObject({
      key: undefined,
      content: { kind: 'event', type: OrderCancelled, data: { orderId: 'o' } },
    });
    expect(() => parseLinesOf('{}\nnot json', { ...text, type: OrderCancelled })).toThrow(
      /^line 2 is no JSON: /,
    );
  });
});

describe('lines of JSON', () => {
  const parse = (object: unknown, rules = objects) => parseLinesOf(JSON.stringify(object), rules)[0];

  it('are read as consume --json writes them', () => {
    expect(parse({ topic: 't', partition: 1, offset: 2, key: 'k', headers: { a: '1' }, value: 'v' })).toEqual(
      {
        where: 'line 1',
        key: 'k',
        headers: { a: '1' },
        content: bytes('v'),
      },
    );
    expect(parse({ key: 'k', data: { a: [1] } })?.content).toEqual(bytes('{"a":[1]}'));
    expect(parse({ key: 'k', base64: Buffer.from([0, 255]).toString('base64') })?.content).toEqual({
      kind: 'bytes',
      bytes: Buffer.from([0, 255]),
    });
    expect(parse({ key: 'k', value: null })?.content).toEqual({ kind: 'tombstone' });
  });

  it('keep what an event was, and where it came from', () => {
    const event = {
      type: OrderCancelled.type,
      data: { orderId: 'o' },
      id: 'e1',
      time: '2026-01-01T00:00:00.000Z',
    };
    expect(parse(event)?.content).toEqual({
      kind: 'event',
      type: OrderCancelled,
      data: { orderId: 'o' },
      context: { id: 'e1', time: new Date('2026-01-01T00:00:00Z') },
    });
  });

  it.each([
    ['[1]', /line 1 is no JSON object/],
    ['{"key":"k"}', /line 1 has no value\. Give it one of value, data and base64/],
    ['{"type":"OrderEaten","data":{}}', /the type OrderEaten, which is no event/],
    ['{"schema":"a.B","data":{}}', /Avro of the schema a\.B/],
  ])('are refused when nobody can tell what to write: %s', (line, message) => {
    expect(() => parseLinesOf(line, objects)).toThrow(message);
  });
});

describe('an event', () => {
  const codec = { encode: () => Buffer.from('avro') };
  const now = new Date('2026-01-01T00:00:00Z');
  const draft = (key?: string) =>
    fromValue('{"orderId":"o"}', 'the value', { ...text, ...(key && { key }), type: OrderCancelled });

  it('gets its own key, and the headers of an event', () => {
    expect(encodeDrafts('brew.orders.v1', [draft()], codec, now)).toMatchObject([
      { key: 'o', headers: { ce_type: OrderCancelled.type, ce_correlationid: 'o', ce_source: '/brew/cli' } },
    ]);
  });

  it('is refused under another key: nobody would find it there', () => {
    expect(() => encodeDrafts('brew.orders.v1', [draft('other')], codec, now)).toThrow(
      'the value has the key other, and OrderCancelled of o belongs under that one.',
    );
  });
});
