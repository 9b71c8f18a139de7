import { BrewError } from '@brew/events';
import type { Logger } from 'pino';
import { backoff, defaultRetry } from '../backoff.ts';
import { largestIn, letterOfGap, pointerOf, sizeOf, letterOf as wholeLetter } from '../deadLetters/letter.ts';
import { delay } from '../delay.ts';
import { messageOf } from '../errors.ts';
import { type OutgoingRecord, placeOf, type ReceivedRecord } from '../record.ts';
import { verdictOf } from '../verdict.ts';
import type { Portion } from './portions.ts';
import type { Suspects } from './suspects.ts';

/** What goes out for a portion. */
export interface Outcome {
  records: OutgoingRecord[];
  /** How many of them are dead letters. */
  deadLetters: number;
}

export interface ProcessOptions {
  process: (record: ReceivedRecord) => readonly OutgoingRecord[] | Promise<readonly OutgoingRecord[]>;
  group: string;
  suspects: Pick<Suspects, 'refusalOf'>;
  /** Waits a while for what is down. */
  wait: (error: unknown, signal: AbortSignal) => Promise<void>;
  log: Logger;
}

/** What the attempts at all records of a portion may take together. */
const PATIENCE_MS = 3_000;

/** Makes of records what goes out for them, or their letters: a transaction that fails because of a record would fail for ever. */
export function createProcess({ process, group, suspects, wait, log }: ProcessOptions) {
  const largest = largestIn(group);

  /** @throws what `process` throws about the record */
  async function insist(
    record: ReceivedRecord,
    impatientFrom: number,
    signal: AbortSignal,
  ): Promise<readonly OutgoingRecord[]> {
    for (let attempts = 1; ; ) {
      try {
        return await process(record);
      } catch (error) {
        const verdict = verdictOf(error);
        if (verdict === 'outage') await wait(error, signal);
        // What is made of a record depends on nothing but the record, unless it says that it does.
        else if (!isRetryable(error) || attempts++ >= defaultRetry.attempts || Date.now() > impatientFrom)
          throw error;
        else await delay(backoff(attempts, defaultRetry, Math.random()), signal);
        signal.throwIfAborted();
      }
    }
  }

  function letter(record: ReceivedRecord, error: unknown, letterOf: typeof wholeLetter): OutgoingRecord {
    log.error({ ...placeOf(record), error: messageOf(error) }, 'parked a record in the dead letters');
    const at = new Date();
    const failure = { reason: 'failed', error, attempts: 1, firstFailedAt: at, lastFailedAt: at } as const;
    return letterOf({ record, failure }, group);
  }

  return async (portion: Portion, signal: AbortSignal): Promise<Outcome> => {
    const outcome: Outcome = { records: [], deadLetters: 0 };
    const impatientFrom = Date.now() + PATIENCE_MS;
    for (const record of portion.records) {
      const refusal = suspects.refusalOf(record);
      try {
        if (refusal !== undefined) throw refusal.error;
        outcome.records.push(...(await insist(record, impatientFrom, signal)));
      } catch (error) {
        signal.throwIfAborted();
        // To be refused costs a transaction, and all lanes with it.
        const isLarge = refusal?.letterToo || sizeOf({ record }) > largest;
        outcome.records.push(letter(record, error, isLarge ? pointerOf : wholeLetter));
        outcome.deadLetters++;
      }
    }
    if (portion.gap) {
      const { topic, partition, firstOffset, lastOffset, error } = portion.gap;
      const where = { topic, partition, firstOffset: String(firstOffset), lastOffset: String(lastOffset) };
      log.error({ err: error, ...where }, 'parked a pointer to records that nobody can read');
      outcome.records.push(letterOfGap(portion.gap, group));
      outcome.deadLetters++;
    }
    return outcome;
  };
}

const isRetryable = (error: unknown) => error instanceof BrewError && error.retryable;
