import { expect, it } from '@jest/globals';
import { similar } from './similar.ts';

it.each<[string, string[]]>([
  ['brew.ordrs.v1', ['brew.orders.v1', 'brew.orders.v2']],
  ['orders', ['brew.orders.v1', 'brew.orders.v2']],
  ['clikcs', ['clicks']],
  ['payments', []],
])('%s may mean %j', (wanted, expected) => {
  expect(similar(wanted, ['clicks', 'brew.orders.v1', 'brew.orders.v2', 'clicks'])).toEqual(expected);
});
