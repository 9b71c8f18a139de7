import { invariants, readable } from './invariants/index.ts';
import type { Breach, Counts, Ledger } from './ledger.ts';
import type { Reading, UnreadableRecord } from './reading.ts';
import type { SeenEvent } from './seen.ts';
import type { Skew } from './skews.ts';
import type { MoneyTotals, StockTotals } from './totals.ts';

/** How many breaches are told with all their events, to people and to programs; the rest is counted. */
export const SHOWN = 20;
const REPORTED = 1_000;

/** An event of a broken order, and where to find it. */
interface ReportedEvent {
  topic: string;
  partition: number;
  offset: number;
  time: string;
  type: string;
}

export interface ReportedBreach {
  invariant: string;
  sentences: string[];
  /** Left out for a record that can't be read. */
  orderId?: string;
  events: ReportedEvent[];
}

/** What `brew verify --json` prints. */
export interface Report {
  sound: boolean;
  /** What was there at this time was judged. */
  at: string;
  /** Records read. */
  records: number;
  counts: Counts;
  money: Record<string, MoneyTotals>;
  stock: StockTotals;
  /** Clocks that are seen to differ. */
  skews: Skew[];
  /** How often each invariant was broken: by how many orders, or records. */
  invariants: { name: string; promise: string; breaches: number }[];
  /** The first thousand, see `invariants` for how many there are. */
  breaches: ReportedBreach[];
}

/** @param at up to when everything has been read, in milliseconds */
export function reportOf(
  ledger: Ledger,
  { read, unreadable }: Pick<Reading, 'read' | 'unreadable'>,
  at: number,
  graceMs: number,
): Report {
  const breaches = ledger.breaches(at, graceMs);
  const broken = (name: string) => breaches.filter(({ invariant }) => invariant === name).length;
  return {
    sound: breaches.length + unreadable.length === 0,
    at: new Date(at).toISOString(),
    records: read,
    counts: ledger.counts(),
    ...ledger.totals(),
    skews: ledger.skews(),
    invariants: [
      ...invariants.map(({ name, promise }) => ({ name, promise, breaches: broken(name) })),
      { ...readable, breaches: unreadable.length },
    ],
    breaches: [...breaches.map(reportedBreach), ...unreadable.map(reportedRecord)].slice(0, REPORTED),
  };
}

export function reportedBreach({ invariant, sentences, orderId, events }: Breach): ReportedBreach {
  return { invariant, sentences, orderId, events: events.map(reportedEvent) };
}

export function reportedRecord(record: UnreadableRecord): ReportedBreach {
  const { topic, partition, offset, lastOffset, key, problem } = record;
  const which =
    lastOffset === undefined ? `offset ${offset}, key ${key}` : `offsets ${offset} to ${lastOffset}`;
  const where = `${topic}, partition ${partition}, ${which}`;
  return { invariant: readable.name, sentences: [`${where}: ${problem}`], events: [] };
}

function reportedEvent({ topic, partition, offset, time, name }: SeenEvent): ReportedEvent {
  return { topic, partition, offset, time: new Date(time).toISOString(), type: name };
}
