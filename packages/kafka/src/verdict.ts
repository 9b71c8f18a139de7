import { BrewError, type ErrorCode } from '@brew/events';

/**
 * What an error says about the record whose handling it ended.
 * - `outage`: nothing. Something that every record needs is away: it is waited for, however long that takes.
 * - `unfit`: the record will never do, whoever handles it, and however often.
 * - `failed`: this attempt has failed, and the next one may not. Whether it is the record or the code shows in whether others fail, too.
 */
export type Verdict = 'outage' | 'unfit' | 'failed';

const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BREW_BROKER_UNAVAILABLE',
  'BREW_DATABASE_UNAVAILABLE',
  'BREW_LETTERS_UNKNOWN',
  'BREW_REGISTRY_UNAVAILABLE',
]);

/** Not retryable, and yet nothing that a record could be blamed for before others have been seen: our own code does what it must not. */
const DEFECTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['BREW_EVENT_INVALID', 'BREW_NOT_PREPARED']);

/**
 * The one place that tells what is wrong with a record from what is wrong around it.
 *
 * A BrewError is taken at its word, whatever is in its message or its cause: a record must not be able to pass itself off for an outage by
 * what it says.
 *
 * @param isOutage knows the errors of what the user of the records depends on, such as its database
 */
export function verdictOf(error: unknown, isOutage: (error: unknown) => boolean = () => false): Verdict {
  if (!(error instanceof BrewError)) return isOutage(error) ? 'outage' : 'failed';
  if (OUTAGES.has(error.code)) return 'outage';
  if (error.retryable) return isOutage(error) ? 'outage' : 'failed';
  return DEFECTS.has(error.code) ? 'failed' : 'unfit';
}
