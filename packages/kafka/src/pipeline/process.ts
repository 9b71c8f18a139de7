import { BrewError } from '@brew/events';
import type { Logger } from 'pino';
import { letterOf } from '../deadLetters.ts';
import { messageOf } from '../errors.ts';
import type { OutgoingRecord, ReceivedRecord } from '../record.ts';
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

/** Makes of records what goes out for them, or their letters: a transaction that fails because of a record would fail for ever. */
export function createProcess({ process, group, suspects, wait, log }: ProcessOptions) {
  /** @throws what `process` throws about the record */
  async function insist(record: ReceivedRecord, signal: AbortSignal): Promise<readonly OutgoingRecord[]> {
    for (;;) {
      try {
        return await process(record);
      } catch (error) {
        if (!(error instanceof BrewError && error.retryable)) throw error;
        await wait(error, signal);
        signal.throwIfAborted();
      }
    }
  }

  function letter(record: ReceivedRecord, error: unknown): OutgoingRecord {
    const { topic, partition, offset, headers } = record;
    const where = { topic, partition, offset: String(offset), eventId: headers.ce_id };
    log.error({ ...where, error: messageOf(error) }, 'parked a record in the dead letters');
    const at = new Date();
    // One attempt: what is made of a record depends on nothing but the record.
    return letterOf(
      record,
      { reason: 'failed', error, attempts: 1, firstFailedAt: at, lastFailedAt: at },
      group,
    );
  }

  return async (portion: Portion, signal: AbortSignal): Promise<Outcome> => {
    const outcome: Outcome = { records: [], deadLetters: 0 };
    for (const record of portion.records) {
      const refusal = suspects.refusalOf(record);
      try {
        if (refusal !== undefined) throw refusal;
        outcome.records.push(...(await insist(record, signal)));
      } catch (error) {
        signal.throwIfAborted();
        outcome.records.push(letter(record, error));
        outcome.deadLetters++;
      }
    }
    return outcome;
  };
}
