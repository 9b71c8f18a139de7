import { counted } from '../text/format.ts';
import { invariants, readable } from './invariants/index.ts';
import type { Breach, Counts, Ledger } from './ledger.ts';
import type { Reading, UnreadableRecord } from './reading.ts';
import type { SeenEvent } from './seen.ts';
import type { Skew } from './skews.ts';
import type { MoneyTotals, StockTotals } from './totals.ts';

/** An event of a broken order, and where to find it. */
export interface ReportedEvent {
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
export interface Report extends Summary {
  /** All of them; of records that can't be read the first 100,000. */
  breaches: ReportedBreach[];
}

/** The report but for the list of breaches, which may be longer than fits into a text. */
export interface Summary {
  /** Nothing is broken, and everything was looked at. */
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
  /** How often each invariant was broken: by how many orders, or records; and for how many orders it could not be checked wholly. */
  invariants: { name: string; promise: string; breaches: number; unchecked: number }[];
}

/**
 * @param at up to when everything has been read, in milliseconds
 * @returns the report, and its breaches one after the other: all of them, and in words, where partitions that the same keeps back are one
 */
export function reportOf(
  ledger: Ledger,
  reading: Pick<Reading, 'read' | 'unreadable' | 'unreadableCount' | 'hasRead'>,
  at: number,
  graceMs: number,
): { summary: Summary; breaches: Iterable<ReportedBreach>; inWords: Iterable<ReportedBreach> } {
  const { read, unreadable, unreadableCount, hasRead } = reading;
  const breaches = ledger.breaches(at, graceMs, hasRead);
  const broken = (name: string) => breaches.filter(({ invariant }) => invariant === name).length;
  const counts = ledger.counts();
  const summary: Summary = {
    sound: breaches.length + unreadableCount + counts.untaken === 0,
    at: new Date(at).toISOString(),
    records: read,
    counts,
    ...ledger.totals(),
    skews: ledger.skews(),
    invariants: [
      ...invariants.map(({ name, promise }) => ({
        ...{ name, promise },
        breaches: broken(name),
        unchecked: ledger.unchecked(name),
      })),
      { ...readable, breaches: unreadableCount, unchecked: 0 },
    ],
  };
  const reported = (records: () => Iterable<ReportedBreach>) => ({
    *[Symbol.iterator]() {
      for (const breach of breaches) yield reportedBreach(breach);
      yield* records();
    },
  });
  return {
    summary,
    breaches: reported(() => unreadable.map((record) => reportedRecord(record))),
    inWords: reported(() => reportedTogether(unreadable)),
  };
}

function* reportedTogether(unreadable: readonly UnreadableRecord[]): Generator<ReportedBreach> {
  const alike = Map.groupBy(unreadable, (record) =>
    record.lastOffset === undefined ? record : record.problem,
  );
  for (const [first, ...others] of alike.values()) {
    if (!first) continue;
    const more = new Set(others.map(placeOf)).size;
    yield reportedRecord(first, more > 0 ? `, and ${counted(more, 'more partition')}` : '');
  }
}

const placeOf = ({ topic, partition }: UnreadableRecord) => `${topic}/${partition}`;

/** An object as JSON, line by line, with lists that need not fit into memory as text. */
export function* jsonOf(head: object, lists: Record<string, Iterable<unknown>>): Generator<string> {
  yield JSON.stringify(head, null, 2).slice(0, -'\n}'.length);
  for (const [name, items] of Object.entries(lists)) {
    yield `  , ${JSON.stringify(name)}: [`;
    let comma = '';
    for (const item of items) {
      yield `    ${comma}${JSON.stringify(item)}`;
      comma = ', ';
    }
    yield '  ]';
  }
  yield '}';
}

export function reportedBreach({ invariant, sentences, orderId, events }: Breach): ReportedBreach {
  return { invariant, sentences, orderId, events: events.map(reportedEvent) };
}

export function reportedRecord(record: UnreadableRecord, beside = ''): ReportedBreach {
  const { topic, partition, offset, lastOffset, key, problem } = record;
  const which =
    lastOffset === undefined ? `offset ${offset}, key ${key}` : `offsets ${offset} to ${lastOffset}`;
  const where = `${topic}, partition ${partition}, ${which}${beside}`;
  return { invariant: readable.name, sentences: [`${where}: ${problem}`], events: [] };
}

export function reportedEvent({ topic, partition, offset, time, name }: SeenEvent): ReportedEvent {
  return { topic, partition, offset, time: new Date(time).toISOString(), type: name };
}
