import { isContentRefused } from '../errors.ts';
import type { ReceivedRecord } from '../record.ts';

/** Finds out which record it was for which Kafka refused a transaction. */
export interface Suspects {
  /** Whether a record is to be alone in its transaction. */
  isSuspect(topic: string, partition: number, offset: bigint): boolean;
  /** Why Kafka will never take what this record becomes, and whether it refused the letter in its place, too. */
  refusalOf(record: ReceivedRecord): Refusal | undefined;
  /**
   * A transaction with what these records became has failed.
   * @returns whether that was because of one of them
   */
  accuse(records: readonly ReceivedRecord[], error: unknown): boolean;
}

interface Refusal {
  error: unknown;
  letterToo: boolean;
}

/** Kafka refuses a batch and does not say for which record. So each of its records goes alone, and the one that fails is it. */
export function createSuspects(): Suspects {
  /** By partition: the last offset of the refused batch. */
  const suspectUpTo = new Map<string, bigint>();
  const refused = new Map<string, Refusal>();
  const idOf = ({ topic, partition, offset }: ReceivedRecord) => `${topic}/${partition}/${offset}`;

  return {
    isSuspect: (topic, partition, offset) => offset <= (suspectUpTo.get(`${topic}/${partition}`) ?? -1n),
    refusalOf: (record) => refused.get(idOf(record)),
    accuse(records, error) {
      const last = records.at(-1);
      if (!last || !isContentRefused(error)) return false;
      if (records.length > 1) {
        suspectUpTo.set(`${last.topic}/${last.partition}`, last.offset);
        return true;
      }
      const before = refused.get(idOf(last));
      // Even the letter that only points to it: that is nothing that going on would mend.
      if (before?.letterToo) return false;
      refused.set(idOf(last), { error, letterToo: before !== undefined });
      return true;
    },
  };
}
