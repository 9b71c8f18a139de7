import { describe, expect, it } from '@jest/globals';
import { roster } from './roster.ts';

describe('roster', () => {
  it('numbers the couriers from 01', () => {
    expect(roster(2)).toEqual([
      { courierId: 'courier-001', name: 'Ada A.' },
      { courierId: 'courier-002', name: 'Bruno A.' },
    ]);
  });

  it('tells apart by initials those who share a first name', () => {
    expect([0, 40, 80].map((index) => roster(100)[index]?.name)).toEqual(['Ada A.', 'Ada B.', 'Ada C.']);
  });

  it('keeps everybody who was there when more are needed', () => {
    expect(roster(200).slice(0, 40)).toEqual(roster(40));
  });

  it('names nobody twice', () => {
    expect(new Set(roster(1_000).map(({ name }) => name)).size).toBe(1_000);
  });
});
