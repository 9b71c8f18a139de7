import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTextRead } from './texts.ts';

/** As Avro writes a text of less than 64 bytes. */
const cursorOn = (text: Uint8Array) => {
  const bytes = Buffer.concat([Buffer.from([text.length * 2]), text]);
  return { bytes, position: 0, end: bytes.length };
};

test('gives each text as its bytes say, whatever was read before', () => {
  // Few, so that they come again; some alike as text or as bytes, some no UTF-8.
  const alike = ['', 'a', 'b', 'ab', 'ba', 'é', 'Ã©', 'ÿ', '\uFFFD', '😀'].map((text) => Buffer.from(text));
  const text = fc.oneof(fc.constantFrom(...alike), fc.uint8Array({ maxLength: 2 }));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
      const read = createTextRead('name');
      const expected = texts.map((bytes) => Buffer.from(bytes).toString());
      expect(texts.map((bytes) => read(cursorOn(bytes)))).toEqual(expected);
    }),
  );
});

test('does not take bytes that are no text for a text with characters of the same numbers', () => {
  const read = createTextRead('name');
  const mistaken: string[] = [];
  for (let first = 0x80; first < 0x100; first++) {
    for (let second = 0x80; second < 0x100; second++) {
      const text = String.fromCharCode(first, second);
      read(cursorOn(Buffer.from(text)));
      const bytes = Buffer.from([first, second]);
      if (read(cursorOn(bytes)) !== bytes.toString()) mistaken.push(text);
    }
  }
  expect(mistaken).toEqual([]);
});

test('refuses a text each time it comes', () => {
  const read = createTextRead('name', (text, field) => {
    if (text === 'no') throw new RangeError(`${field} ${text}`);
  });
  for (let times = 0; times < 3; times++) {
    expect(read(cursorOn(Buffer.from('yes')))).toBe('yes');
    expect(() => read(cursorOn(Buffer.from('no')))).toThrow(new RangeError('name no'));
  }
});
