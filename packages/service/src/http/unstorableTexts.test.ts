import { describe, expect, test } from '@jest/globals';
import { unstorableTexts } from './unstorableTexts.ts';

describe('text that can not be stored', () => {
  test('is named by its path', () => {
    const order = { name: 'A\0', items: [{ sku: 'latte' }, { sku: '\ud83d' }], total: null, count: 1 };
    expect(unstorableTexts(order)).toEqual(['name', 'items.1.sku']);
  });

  test('is half a character, but not a whole one', () => {
    expect(unstorableTexts('☕ 🏳️‍🌈 \n\t\u0001')).toEqual([]);
    expect(unstorableTexts('\udc00\ud800')).toEqual(['']);
  });
});
