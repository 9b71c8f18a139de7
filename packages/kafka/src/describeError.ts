import { pino } from 'pino';
import { reasonOf } from './errors.ts';

/**
 * How a log shows an error, for the `serializers` of pino: `{ err: describeError }`. pino's own puts the messages of all causes behind an error's.
 * Ours say those themselves, and would say them twice.
 */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return Object.assign(pino.stdSerializers.err(error), { message: reasonOf(error) });
}
