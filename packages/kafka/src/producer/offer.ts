import type { OutgoingRecord } from '../record.ts';
import { defectOf, scopeOf } from './refusals.ts';

/** What Kafka did not take of the records that it was offered. Everything else is in all in-sync replicas. */
export interface Offer {
  /** Refused for what they are, each with Kafka's name of the error. */
  refused: ReadonlyMap<OutgoingRecord, string>;
  /** Topics that take nothing for the moment, each with Kafka's name of the error. */
  closed: ReadonlyMap<string, string>;
  /** Not sent: they come behind a refused record of their topic and key, or are for a closed topic. */
  withheld: readonly OutgoingRecord[];
}

/** Records that were not acknowledged, in their order: those of one partition, or of one topic. */
export interface Unsent {
  records: readonly OutgoingRecord[];
  /** What Kafka said of their partition: its name of the error; undefined when it did not come to that. */
  refusal: string | undefined;
}

/**
 * Sends records, in their order, and finds those that Kafka refuses: a refused partition's part of a batch is cut in halves until a
 * single record is left, which takes some 20 requests for one of 500. What was acknowledged is not sent again.
 *
 * @param send sends records and waits out what is an outage; returns what was not acknowledged
 */
export async function offer(
  batches: Iterable<readonly OutgoingRecord[]>,
  send: (records: readonly OutgoingRecord[]) => Promise<readonly Unsent[]>,
): Promise<Offer> {
  const refused = new Map<OutgoingRecord, string>();
  const closed = new Map<string, string>();
  const withheld: OutgoingRecord[] = [];
  const heldKeys = new Set<string>();

  function refuse(record: OutgoingRecord, reason: string): void {
    refused.set(record, reason);
    if (record.key !== null) heldKeys.add(placeOf(record));
  }

  /** Those that may be sent. In one go through all: what comes before a refused record of its key may be, what comes behind may not. */
  function open(records: readonly OutgoingRecord[]): OutgoingRecord[] {
    return records.filter((record) => {
      if (closed.has(record.topic) || (record.key !== null && heldKeys.has(placeOf(record)))) {
        withheld.push(record);
        return false;
      }
      const defect = defectOf(record);
      if (defect !== undefined) refuse(record, defect);
      return defect === undefined;
    });
  }

  async function settle(records: readonly OutgoingRecord[]): Promise<void> {
    const sending = open(records);
    if (sending.length === 0) return;
    for (const { records: unsent, refusal } of await send(sending)) await settleUnsent(unsent, refusal);
  }

  async function settleUnsent(records: readonly OutgoingRecord[], refusal: string | undefined) {
    const [first] = records;
    if (!first) return;
    const scope = scopeOf(refusal);
    if (refusal === undefined || scope === undefined) {
      await settle(records);
    } else if (scope === 'topic') {
      closed.set(first.topic, refusal);
      withheld.push(...records);
    } else if (records.length === 1) {
      refuse(first, refusal);
    } else {
      const half = Math.ceil(records.length / 2);
      await settle(records.slice(0, half));
      await settle(records.slice(half));
    }
  }

  for (const batch of batches) await settle(batch);
  return { refused, closed, withheld };
}

const placeOf = ({ topic, key }: OutgoingRecord) =>
  `${topic}\n${Buffer.isBuffer(key) ? key.toString('latin1') : key}`;
