import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textAt } from './sharedTexts.ts';

const read = (bytes: Uint8Array) => {
  // Among others, so that none is told by what is beside it.
  const all = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')]);
  return textAt(all, 6, 6 + bytes.length);
};

test('gives each text as its bytes say, whatever was read before', () => {
  // Few, so that they come again; some alike as text or as bytes, some no UTF-8.
  const alike = ['', 'a', 'b', 'ab', 'ba', 'é', 'Ã©', 'ÿ', '\uFFFD', '😀'].map((text) => Buffer.from(text));
  const long = fc.uint8Array({ minLength: 34, maxLength: 38, min: 0x61, max: 0x62 });
  const text = fc.oneof(fc.constantFrom(...alike), fc.uint8Array({ maxLength: 2 }), long);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
      for (const bytes of texts) expect(read(bytes)).toBe(Buffer.from(bytes).toString());
    }),
  );
});

test('does not take bytes that are no text for a text with characters of the same numbers', () => {
  const mistaken: string[] = [];
  for (let first = 0x80; first < 0x100; first++) {
    for (let second = 0x80; second < 0x100; second++) {
      const text = String.fromCharCode(first, second);
      read(Buffer.from(text));
      const bytes = Buffer.from([first, second]);
      if (read(bytes) !== bytes.toString()) mistaken.push(text);
    }
  }
  expect(mistaken).toEqual([]);
});
