import { expect, it } from '@jest/globals';
import { renderLettersHint } from './render.ts';

it('points from what is broken to the dead letters that wait, and to those that are not known', () => {
  const none = { group: 'order', waiting: 0 };
  expect(renderLettersHint([none], [])).toEqual([]);
  expect(renderLettersHint([none, { group: 'kitchen', waiting: 1 }], [])).toEqual([
    '',
    '1 dead letter waits, which may be why (kitchen 1): npx brew dlq',
  ]);
  expect(renderLettersHint([{ group: 'kitchen', waiting: 1_200 }], ['order'])).toEqual([
    '',
    '1,200 dead letters wait, which may be why (kitchen 1,200): npx brew dlq',
    'The dead letters of order are not known: npx brew dlq tells why.',
  ]);
});
