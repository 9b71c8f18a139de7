import { describe, expect, it } from '@jest/globals';
import { roster } from './roster.ts';

describe('roster', () => {
  it('numbers the couriers from 01', () => {
    expect(roster(2)).toEqual([
      { courierId: 'courier-001', name: 'Ada A.' },
      { courierId: 'courier-002', name: 'Bruno A.' },
    ]);
  });

  it('keeps everybody who was there when more are needed', () => {
    expect(roster(200).slice(0, 40)).toEqual(roster(40));
  });

  it('names nobody twice', () => {
    expect(new Set(roster(1_000).map(({ name }) => name)).size).toBe(1_000);
  });
});
