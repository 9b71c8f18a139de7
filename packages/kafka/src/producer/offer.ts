import type { Unsent } from '../adapter.ts';
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

/** How records are sent; both return what was not acknowledged. */
export interface Sending {
  /** How many attempts may be under way at the same time. */
  window: number;
  /** Tries once; see Sender for what holds of several of these. */
  attempt(records: readonly OutgoingRecord[]): Promise<readonly Unsent[]>;
  /** Alone; waits out what is an outage. */
  send(records: readonly OutgoingRecord[]): Promise<readonly Unsent[]>;
}

/**
 * Sends records, in their order, and finds those that Kafka refuses: a refused partition's part of a batch is cut in halves until a
 * single record is left, which takes some 20 requests for one of 500. What was acknowledged is not sent again.
 */
export async function offer(
  batches: Iterable<readonly OutgoingRecord[]>,
  { window, attempt, send }: Sending,
): Promise<Offer> {
  const refused = new Map<OutgoingRecord, string>();
  const closed = new Map<string, string>();
  const withheld: OutgoingRecord[] = [];
  const heldKeys = new Set<string>();

  function refuse(record: OutgoingRecord, reason: string): void {
    refused.set(record, reason);
    if (record.key !== null) heldKeys.add(placeOf(record));
  }

  const isHeld = (record: OutgoingRecord): boolean =>
    heldKeys.size > 0 && record.key !== null && heldKeys.has(placeOf(record));

  /** Those that may be sent. In one go through all: what comes before a refused record of its key may be, what comes behind may not. */
  function open(records: readonly OutgoingRecord[]): OutgoingRecord[] {
    return records.filter((record) => {
      if (closed.has(record.topic) || isHeld(record)) {
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

  /** The oldest first. */
  const underWay: Promise<readonly Unsent[]>[] = [];

  /** Waits for the oldest. If not all of it was acknowledged, all others as well: what is behind it comes after it. */
  async function settleOldest(): Promise<void> {
    const unsent = (await underWay.shift()) ?? [];
    if (unsent.length === 0) return;
    const behind = await Promise.all(underWay.splice(0));
    for (const { records, refusal } of [unsent, ...behind].flat()) await settleUnsent(records, refusal);
  }

  for (const batch of batches) {
    const sending = open(batch);
    if (sending.length === 0) continue;
    underWay.push(attempt(sending));
    if (underWay.length >= window) await settleOldest();
  }
  while (underWay.length > 0) await settleOldest();
  return { refused, closed, withheld };
}

const placeOf = ({ topic, key }: OutgoingRecord) =>
  `${topic}\n${Buffer.isBuffer(key) ? key.toString('latin1') : key}`;
