import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Ledger } from '../ledger.ts';
import { bornAt, find, type OrderState } from '../orderState.ts';
import { type Book, type BookRow, type Hanging, isDue, type Judging, PAGE_ROWS } from './book.ts';
import { breachOf } from './breachOf.ts';
import type { DatabaseBreach, SetResult } from './result.ts';
import { unpublished } from './sql/messaging.ts';

export interface WalkOptions extends Omit<Hanging, 'isWithout'> {
  ledger: Ledger;
  /** Reads on to where the topics end now. */
  readOn(): Promise<void>;
  /** Whether there may be nothing more of an order in what was not read. */
  hasRead(orderId: string): boolean;
  dueBefore: number;
  /** Rows of orders that were placed before may have been pruned. */
  keptSince: number;
  /** Told of each page: how many rows it is by now. */
  onPage(set: string, rows: number): void;
}

/** Why there is nothing to say of an order, or not all. */
type Excuse = 'young' | 'gone' | 'partly';

/**
 * Compares all rows of a table with what the topics tell, and the other way round. What differs is looked at once more: first the row, then
 * the topics to where they end by then. So what the row says and was published is in the topics, however many orders are under way.
 */
export async function walk(book: Book, options: WalkOptions): Promise<SetResult> {
  const { ledger, databaseOf, onPage } = options;
  const db = databaseOf(book.database);
  const rows = new Set<string>();
  /** With how many events were known of each. */
  const suspects = new Map<string, number>();
  const excuses: Record<Excuse, number> = { young: 0, gone: 0, partly: 0 };

  const look = (orderId: string, row: BookRow | undefined) => {
    const order = ledger.find(orderId);
    const { excuse, sentences } = judge(book, orderId, order, row, options);
    if (excuse) excuses[excuse]++;
    if (sentences.length > 0) suspects.set(orderId, order?.events.length ?? 0);
  };
  for (let after = ''; ; ) {
    const page = await book.page(db, after);
    for (const row of page) {
      rows.add(row.orderId);
      look(row.orderId, row);
    }
    onPage(book.name, rows.size);
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) break;
    after = last.orderId;
  }
  let passed = 0;
  for (const { id } of ledger.orders()) {
    if (!rows.has(id)) look(id, undefined);
    if (++passed % 5_000 === 0) await eventLoop();
  }

  const breaches = await lookAgain(book, [...suspects], options);
  const isWithout = (orderId: string, ...events: string[]) => {
    const order = ledger.find(orderId);
    return options.hasRead(orderId) && events.some((name) => order === undefined || !find(order, name));
  };
  for (const { orderId, sentence } of (await book.hanging?.({ ...options, isWithout })) ?? [])
    breaches.push(breachOf(book.name, sentence, ledger.find(orderId), orderId));
  return { set: book.name, database: book.database, compared: rows.size, unit: 'rows', breaches, ...excuses };
}

async function lookAgain(
  book: Book,
  suspects: readonly (readonly [orderId: string, events: number])[],
  options: WalkOptions,
): Promise<DatabaseBreach[]> {
  const { ledger, databaseOf, readOn } = options;
  const publisher = databaseOf(book.publisher ?? book.database);
  const breaches: DatabaseBreach[] = [];
  for (let from = 0; from < suspects.length; from += PAGE_ROWS) {
    const some = suspects.slice(from, from + PAGE_ROWS);
    const ids = some.map(([orderId]) => orderId);
    // In this order: what a row says and no longer waits in the outbox is in the topics, before where they end after that.
    const rows = new Map(
      (await book.page(databaseOf(book.database), '', ids)).map((row) => [row.orderId, row]),
    );
    const waiting = await unpublished(publisher, ids);
    await readOn();
    for (const [orderId, events] of some) {
      const order = ledger.find(orderId);
      // It is under way, whatever the times of its events say: clocks may be wrong.
      if ((order?.events.length ?? 0) !== events) continue;
      const { sentences } = judge(book, orderId, order, rows.get(orderId), options);
      if (waiting.has(orderId) || sentences.length === 0) continue;
      breaches.push(breachOf(book.name, sentences, order, orderId));
    }
  }
  return breaches;
}

/** What differs of an order, and why there may be more. */
function judge(
  book: Book,
  id: string,
  order: OrderState | undefined,
  row: BookRow | undefined,
  { ledger, hasRead, dueBefore, keptSince }: WalkOptions,
): { sentences: string[]; excuse?: Excuse } {
  if (!hasRead(id)) return { sentences: [], excuse: 'partly' };
  if (!order) {
    if (!row || !isDue(row.at, { dueBefore })) return { sentences: [], excuse: 'young' };
    const born = Math.min(bornAt({ id, events: [] }), row.at);
    // The topics may have had more than the ledger has room for.
    return ledger.holds(born, ['OrderPlaced']) && ledger.counts().untaken === 0
      ? { sentences: ['has a row, and no event'] }
      : { sentences: [], excuse: 'gone' };
  }
  if (!order.events.every(({ time }) => isDue(time, { dueBefore })))
    return { sentences: [], excuse: 'young' };
  if (!row) {
    const isKept = order.events.every(({ time }) => time >= keptSince);
    const missing = isKept ? book.missing(order) : undefined;
    return { sentences: missing === undefined ? [] : [missing] };
  }
  const born = bornAt(order);
  let isWhole = true;
  const judging: Judging = {
    holds(...events) {
      const held = ledger.holds(born, events);
      isWhole &&= held;
      return held;
    },
    dueBefore,
  };
  const sentences = book.compare(order, row, judging);
  return isWhole ? { sentences } : { sentences, excuse: 'partly' };
}
