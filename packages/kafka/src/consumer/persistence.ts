import type { Logger } from 'pino';
import { backoff } from '../backoff.ts';
import { leaveIfGivenUp, type Place, pause, type Turn } from './turn.ts';

/** What came of an attempt. */
export type Outcome<Result> = { ok: true; result: Result } | { ok: false; error: unknown };

/** While something is down. */
const OUTAGE = { initialMs: 200, maxMs: 3_000 };

/** Tries again what fails because of something around the records. */
export function createPersistence(log: Logger, mayBegin?: (signal: AbortSignal) => Promise<void>) {
  /**
   * Tries until it succeeds, or fails with what isn't waited for; that comes back as a value. What this throws is not about the records,
   * but that the chunk has to be left.
   */
  async function persist<Result>(
    turn: Turn,
    at: Place,
    waitsFor: (error: unknown) => boolean,
    attempt: () => Promise<Result>,
  ): Promise<Outcome<Result>> {
    for (let failures = 1; ; failures++) {
      await mayBegin?.(turn.signal);
      leaveIfGivenUp(turn);
      const outcome = await outcomeOf(attempt);
      // What fails while everything around it shuts down says nothing about the record.
      if (!outcome.ok) leaveIfGivenUp(turn);
      if (outcome.ok || !waitsFor(outcome.error)) {
        if (failures > 1) {
          turn.heldUp(undefined);
          log.info({ failures: failures - 1 }, 'it works again: going on');
        }
        return outcome;
      }
      turn.heldUp({ at, error: outcome.error, waits: true });
      log.warn({ err: outcome.error, failures }, 'something is down: waiting for it');
      await pause(turn, backoff(failures, OUTAGE, Math.random()));
    }
  }

  /** For the dead letters: whatever keeps a record out of them, there is nowhere else to go. */
  async function insist<Result>(turn: Turn, at: Place, attempt: () => Promise<Result>) {
    const outcome = await persist(turn, at, () => true, attempt);
    if (!outcome.ok) throw outcome.error;
    return outcome.result;
  }

  return { persist, insist };
}

export type Insist = ReturnType<typeof createPersistence>['insist'];

async function outcomeOf<Result>(attempt: () => Promise<Result>): Promise<Outcome<Result>> {
  try {
    return { ok: true, result: await attempt() };
  } catch (error) {
    return { ok: false, error };
  }
}
