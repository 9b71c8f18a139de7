import { describe, expect, it } from '@jest/globals';
import { parseNames, selectionOf, selectionText } from './selection.ts';

describe('which letters', () => {
  it.each<[string[], { group: string; ids: string[] }]>([
    [['kitchen'], { group: 'kitchen', ids: [] }],
    [['kitchen', '17', '18', '17'], { group: 'kitchen', ids: ['17', '18'] }],
    [['kitchen/17'], { group: 'kitchen', ids: ['17'] }],
    [['kitchen/17', 'kitchen/18', '19'], { group: 'kitchen', ids: ['17', '18', '19'] }],
    [['kitchen', 'kitchen/18'], { group: 'kitchen', ids: ['18'] }],
  ])('are named by %j', ([group = '', ...ids], expected) => {
    expect(parseNames(group, ids)).toEqual(expected);
  });

  it.each<[string[], RegExp]>([
    [['kitchen', 'x'], /^x is not a letter's id\. Take one .* npx brew dlq list kitchen$/],
    [['kitchen', '-1'], /is not a letter's id/],
    [['kitchen', '99999999999999999999'], /is not a letter's id/],
    [['kitchen', 'order/1'], /^order\/1 is not of the group kitchen\. Take letters of one group\.$/],
    [['kitchen/1', 'order/1'], /is not of the group kitchen/],
    [
      ['3'],
      /^There is no service with the group 3\. Letters are named with their group, such as kitchen 3\./,
    ],
    [['kitchn', '3'], /^There is no service with the group kitchn\. Did you mean kitchen\?$/],
    [
      ['receipts', '3'],
      /^There is no service with the group receipts\. Take one of .*\. The letters of a group of your own: npx brew consume receipts\.dlq$/,
    ],
  ])('are not named by %j', ([group = '', ...ids], text) => {
    expect(() => parseNames(group, ids)).toThrow(text);
  });

  it('are chosen in exactly one way', () => {
    const kitchen = { group: 'kitchen', ids: [] };
    expect(selectionOf({ ...kitchen, ids: ['1'] }, {})).toEqual({ ids: ['1'] });
    expect(selectionOf(kitchen, { all: true })).toEqual({ all: true });
    expect(selectionOf(kitchen, { error: 'tray', olderThan: 60 })).toEqual({
      filter: { error: 'tray', olderThan: 60 },
    });
    expect(() => selectionOf(kitchen, {})).toThrow(/^Nothing says which letters\. Give ids/);
    for (const options of [{ all: true, key: 'a' }, { all: true }, { reason: 'failed' }]) {
      const ids = 'key' in options ? [] : ['1'];
      expect(() => selectionOf({ group: 'kitchen', ids }, options)).toThrow("don't go together");
    }
  });

  it.each<[unknown, string]>([
    [{ all: true }, 'all'],
    [{ ids: ['1', '2'] }, '1, 2'],
    [{ ids: ['1', '2', '3', '4', '5'] }, '1, 2, 3 and 2 more'],
    [{ filter: { reason: 'failed', olderThan: 60 } }, 'reason failed, older than 60 s'],
    [{ filter: { type: 'brew.orders.v1.OrderPlaced' } }, 'type OrderPlaced'],
    [null, ''],
  ])('are told again as words: %j', (selection, text) => {
    expect(selectionText(selection)).toBe(text);
  });
});
