import { expect, test } from '@jest/globals';
import avro from 'avsc';
import fc from 'fast-check';
import { frame, unframe } from './wireFormat.ts';

const type = avro.Type.forSchema({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] });

test('gives back the id and the bytes that went in, however long', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.string({ maxLength: 20_000 }), (id, a) => {
      const framed = unframe(frame(id, type, { a }));
      expect(framed?.schemaId).toBe(id);
      expect(type.fromBuffer(framed?.payload ?? Buffer.alloc(0))).toMatchObject({ a });
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
  expect(unframe(Buffer.from('{"json":true}'))).toBeUndefined();
  expect(unframe(Buffer.alloc(4))).toBeUndefined();
});
