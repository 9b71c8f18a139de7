import { expect, test } from '@jest/globals';
import avro from 'avsc';
import fc from 'fast-check';
import { frame, HEADER_BYTES, schemaIdIn } from './wireFormat.ts';

const type = avro.Type.forSchema({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] });

test('gives back the id and the bytes that went in, however long', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.string({ maxLength: 20_000 }), (id, a) => {
      const framed = frame(id, type, { a });
      expect(schemaIdIn(framed, 0, framed.length)).toBe(id);
      expect(type.fromBuffer(framed.subarray(HEADER_BYTES))).toMatchObject({ a });
    }),
  );
});

test('is a zero byte, a big-endian id, then the Avro binary', () => {
  expect(frame(258, type, { a: 'x' }).toString('hex')).toBe('00000001020278');
});

test('does not change an earlier result by a later one', () => {
  const first = frame(1, type, { a: 'first' });
  const copy = Buffer.from(first);
  frame(2, type, { a: 'second' });
  expect(first.equals(copy)).toBe(true);
});

test('refuses what is no frame', () => {
  expect(schemaIdIn(Buffer.from('{"json":true}'), 0, 13)).toBeUndefined();
  expect(schemaIdIn(Buffer.alloc(4), 0, 4)).toBeUndefined();
});
