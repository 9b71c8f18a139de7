import { isUtf8 } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCursor, moveTo } from './cursor.ts';
import { createTextRead } from './texts.ts';

/** As Avro writes a text of less than 64 bytes. */
const cursorOn = (text: Uint8Array) => {
  const bytes = Buffer.concat([Buffer.from([text.length * 2]), text]);
  const at = createCursor();
  moveTo(at, bytes, 0, bytes.length);
  return at;
};

test('gives each text as its bytes say, whatever was read before', () => {
  // Few, so that they come again; some alike as text or as bytes, some no UTF-8.
  const alike = ['', 'a', 'b', 'ab', 'ba', 'é', 'Ã©', 'ÿ', '\uFFFD', '😀'].map((text) => Buffer.from(text));
  const text = fc.oneof(fc.constantFrom(...alike), fc.uint8Array({ maxLength: 2 }));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
      const read = createTextRead();
      for (const bytes of texts) {
        if (isUtf8(bytes)) expect(read(cursorOn(bytes))).toBe(Buffer.from(bytes).toString());
        else expect(() => read(cursorOn(bytes))).toThrow('no UTF-8');
      }
    }),
  );
});

function readOrNothing(read: ReturnType<typeof createTextRead>, bytes: Buffer): string | undefined {
  try {
    return read(cursorOn(bytes));
  } catch {
    return undefined;
  }
}

test('does not take bytes that are no text for a text with characters of the same numbers', () => {
  const read = createTextRead();
  const mistaken: string[] = [];
  for (let first = 0x80; first < 0x100; first++) {
    for (let second = 0x80; second < 0x100; second++) {
      const text = String.fromCharCode(first, second);
      read(cursorOn(Buffer.from(text)));
      const bytes = Buffer.from([first, second]);
      if (readOrNothing(read, bytes) !== (isUtf8(bytes) ? bytes.toString() : undefined)) mistaken.push(text);
    }
  }
  expect(mistaken).toEqual([]);
});
