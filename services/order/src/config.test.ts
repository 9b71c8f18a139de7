import { expect, it } from '@jest/globals';
import { readOrderConfig } from './config.ts';

it.each([
  'PAYMENT_TIMEOUT_SECONDS',
  'PAYMENT_RECHECK_SECONDS',
  'UNANSWERED_TIMEOUT_SECONDS',
  'OVERDUE_AFTER_SECONDS',
])('takes no %s that ends where PostgreSQL knows no time', (name) => {
  expect(() => readOrderConfig({ [name]: '1e12' })).toThrow(new RegExp(`${name}.*3153600000`));
  expect(() => readOrderConfig({ [name]: '3153600000' })).not.toThrow(new RegExp(name));
});
