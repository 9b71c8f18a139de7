import { BrewError } from '@brew/events';
import { expect, test } from '@jest/globals';
import {
  InvalidEventError,
  NotPreparedError,
  RegistryUnavailableError,
  SchemaUnknownError,
  UndecodableRecordError,
} from './errors.ts';
import { verdictOf } from './verdict.ts';

/** Falls for whatever says so. */
const isOutage = (error: unknown) => String(error).includes('gone');

test.each<[string, unknown, string]>([
  ['the registry that is away', new RegistryUnavailableError('http://x', new Error('no')), 'outage'],
  ['what the user knows to be away', new Error('the database is gone'), 'outage'],
  ['bytes that nobody can read', new UndecodableRecordError('no'), 'unfit'],
  ['a record that says that something is away', new UndecodableRecordError('the database is gone'), 'unfit'],
  ['a schema that may still come', new SchemaUnknownError('s'), 'failed'],
  ['an error of anybody', new TypeError('x is not a function'), 'failed'],
  ['what is no error', undefined, 'failed'],
  ['what our code must not do', new InvalidEventError('T', []), 'failed'],
  ['what our code forgot', new NotPreparedError('x'), 'failed'],
  [
    'a retryable one that wraps an outage',
    new BrewError('BREW_SEND_FAILED', 'gone', { retryable: true }),
    'outage',
  ],
])('judges %s', (_, error, verdict) => {
  expect(verdictOf(error, isOutage)).toBe(verdict);
});
