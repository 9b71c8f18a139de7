import { BrokerUnavailableError } from '@brew/kafka';
import { isOutage } from '@brew/postgres';
import { expect, it } from '@jest/globals';
import { isPostgresAway } from './isPostgresAway.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

it('takes what PostgreSQL and its connections say, also behind an error that wraps it', () => {
  expect(isPostgresAway(refused)).toBe(true);
  expect(isPostgresAway(new Error('could not save', { cause: refused }))).toBe(true);
  expect(isPostgresAway(Object.assign(new Error('duplicate key'), { code: '23505' }))).toBe(false);
});

it('does not take a broker for it, whose outage looks the same', () => {
  const broker = new BrokerUnavailableError('read', refused);
  expect(isOutage(broker)).toBe(true);
  expect(isPostgresAway(broker)).toBe(false);
});
