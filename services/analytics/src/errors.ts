import { BrewError } from '@brew/events';

/**
 * Somebody else writes a generation of tables, or other ones are live: what was read since is dropped, and read again into those that
 * are to be written now. Passes by itself.
 */
export class BuildSupersededError extends BrewError {
  constructor(schema: string) {
    super('BREW_BUILD_SUPERSEDED', `${schema} is not to be written from here any more.`, { retryable: true });
  }
}
