import { describe, expect, test } from '@jest/globals';
import { BrewError, errorCodes } from './errors.ts';

class DiskFullError extends BrewError {
  constructor(cause?: unknown) {
    super('BREW_DISK_FULL', 'The disk is full.', { retryable: true, cause });
  }
}

describe('BrewError', () => {
  test('carries its code, its cause and whether to try again, under the name of its class', () => {
    const cause = new Error('ENOSPC');
    const error = new DiskFullError(cause);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'DiskFullError', code: 'BREW_DISK_FULL', retryable: true, cause });
    expect(String(error)).toBe('DiskFullError: The disk is full.');
  });

  test('is not retried unless it says so', () => {
    expect(new BrewError('BREW_EVENT_INVALID', 'No.').retryable).toBe(false);
  });

  test('has no cause at all when there is none, so that logs do not show one', () => {
    expect(Object.hasOwn(new DiskFullError(), 'cause')).toBe(false);
  });
});

describe('errorCodes', () => {
  test.each(Object.entries(errorCodes))('%s tells when it happens and what to do', (code, text) => {
    expect(code).toMatch(/^BREW_[A-Z]+(_[A-Z]+)*$/);
    expect(text).toMatch(/^[A-Z].+\.$/);
  });

  test('are listed in alphabetical order, so that one finds them', () => {
    const codes = Object.keys(errorCodes);
    expect(codes).toEqual([...codes].sort());
  });
});
