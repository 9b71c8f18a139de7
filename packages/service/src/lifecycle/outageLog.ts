import { BrewError } from '@brew/events';
import { verdictOf } from '@brew/kafka';
import { isOutage } from '@brew/postgres';
import type { Logger } from 'pino';
import { GivesWayError } from '../kafka/giveWay.ts';

/** What comes again within that time is the same trouble still, also if it seemed to be over in between. */
const SAME_MS = 60_000;

/**
 * Tells of what fails and is tried again. An outage is told once, with its reason, however often something was tried meanwhile, and so is
 * its end. What stands still until staff do something is told once as well, as long as the reason is the same. Everything else is an error
 * each time, with its stack.
 */
export function createOutageLog(log: Logger, now: () => number = () => performance.now()) {
  let away = false;
  /** When each reason was seen last: several partitions may stand still, and take turns. */
  const standing = new Map<string, number>();
  return {
    note(error: unknown, message: string, fields: Record<string, unknown> = {}): void {
      if (isAway(error)) {
        log[away ? 'debug' : 'warn']({ reason: (error as Error).message, ...fields }, message);
        away = true;
      } else if (error instanceof BrewError) {
        const { message: reason, code } = error;
        for (const [past, at] of standing) if (now() - at >= SAME_MS) standing.delete(past);
        log[standing.has(reason) ? 'debug' : 'error']({ code, reason, ...fields }, message);
        standing.set(reason, now());
      } else log.error({ err: error, ...fields }, message);
    },
    /** It went well, or somebody else does it. */
    over(message: string, fields: Record<string, unknown> = {}): void {
      if (away) log.info(fields, message);
      away = false;
    },
  };
}

/** What will pass, and whoever looks at the log can do nothing about here. */
const isAway = (error: unknown): boolean =>
  error instanceof GivesWayError ||
  (error instanceof BrewError && error.retryable) ||
  verdictOf(error, isOutage) === 'outage';
