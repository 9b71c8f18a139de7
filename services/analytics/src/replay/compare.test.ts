import { expect, test } from '@jest/globals';
import { sales } from '../projections/sales/sales.ts';
import { compare } from './compare.ts';

test('what only one of two generations counts is a difference', () => {
  const [live, rebuilt] = [{ orders: 1 }, { orders: 2 }];
  const both = ['both', { orders: 3 }] as const;
  expect(
    compare(sales, new Map([both, ['old', live]]), new Map([both, ['new', rebuilt]]), null),
  ).toMatchObject({
    totals: { live: { orders: 4 }, rebuilt: { orders: 5 } },
    same: 1,
    different: 2,
    differences: [
      { what: 'new', live: null, rebuilt },
      { what: 'old', live, rebuilt: null },
    ],
  });
});
