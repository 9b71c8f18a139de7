import { describe, expect, it } from '@jest/globals';
import { isOutage } from './isOutage.ts';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('isOutage', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    '57P01',
    '57P03',
    '53300',
    '53100',
    '08006',
    '28P01',
    '3D000',
    '25006',
    '57014',
    '25P03',
  ])('takes %s for an outage: the work is right, what it needs is away', (code) => {
    expect(isOutage(withCode(code))).toBe(true);
  });

  it.each(['40001', '40P01', '23505', '22P02', '42P01', 'BREW_EVENT_INVALID'])(
    'does not take %s for an outage: waiting would change nothing, or an attempt is enough',
    (code) => {
      expect(isOutage(withCode(code))).toBe(false);
    },
  );

  it('finds an outage behind the error that wraps it', () => {
    expect(isOutage(new Error('could not save', { cause: withCode('57P01') }))).toBe(true);
  });

  it('finds an outage among the addresses that were tried', () => {
    expect(isOutage(new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]))).toBe(true);
  });

  it('knows what pg throws without a code, and does not fall for what a record says', () => {
    expect(isOutage(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isOutage(new Error('ce_id "Connection terminated" is not a UUID'))).toBe(false);
    expect(isOutage(Object.assign(new Error('Connection terminated'), { code: '22021' }))).toBe(false);
  });

  it('takes what is no error for no outage', () => {
    expect(isOutage('57P01')).toBe(false);
    expect(isOutage(undefined)).toBe(false);
  });
});
