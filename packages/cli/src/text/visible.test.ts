import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { onOneLine, ownColours, visible } from './visible.ts';

test.each([
  ['\u001b[2J\u001b[31mred', '\\u001b[2J\\u001b[31mred'],
  ['\u009b31m', '\\u009b31m'],
  ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
  ['a\rb\u0008c\u0000\u007f', 'a\\u000db\\u0008c\\u0000\\u007f'],
  ['abc\u202edcb\u2066\u200f', 'abc\\u202edcb\\u2066\\u200f'],
  ['flat white\n\tÆsop 😀 שלום مرحبا', 'flat white\n\tÆsop 😀 שלום مرحبا'],
])('shows what would control a terminal: %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('lets through the colours that are ours, and none that only look so', () => {
  const ours = ownColours('\u001b[31mred\u001b[39m');
  expect(visible(`${ours} \u001b[31m`)).toBe('\u001b[31mred\u001b[39m \\u001b[31m');
  expect(visible('\u001b[31;1234;5678m')).toBe('\\u001b[31;1234;5678m');
});

test('leaves JSON the JSON that it was, whatever is in it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const shown = visible(JSON.stringify(value));
      expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(shown).not.toMatch(/[\u0080-\u009f\u202e]/);
    }),
  );
});

test('keeps a record on its line', () => {
  expect(onOneLine('a\nb\tc\u001b[A')).toBe('a\\nb c\\u001b[A');
});
