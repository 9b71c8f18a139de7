import type { Io } from '../../io.ts';
import { grouped } from '../../text/format.ts';
import type { Ledger } from '../ledger.ts';
import type { Reading } from '../reading.ts';
import { findLetters } from './letters.ts';
import type { Databases } from './openDatabases.ts';
import { checkPlaces } from './places.ts';
import { compareReports } from './reports.ts';
import type { SetResult } from './result.ts';
import { orders } from './sets/orders.ts';
import { payments } from './sets/payments.ts';
import { reservations } from './sets/reservations.ts';
import { shipments } from './sets/shipments.ts';
import { tickets } from './sets/tickets.ts';
import type { ReportName, StoredReport } from './sql/analytics.ts';
import { walk } from './walk.ts';

const books = [orders, payments, reservations, tickets, shipments];

const DAY_MS = 24 * 60 * 60 * 1_000;
const PROGRESS_MS = 1_000;

export interface Comparison {
  ledger: Ledger;
  /** Has read all that there was when it began. */
  reading: Pick<Reading, 'startedAt' | 'readOn'>;
  databases: Databases;
  /** The reports as they were before the reading began. */
  reports: ReadonlyMap<ReportName, StoredReport>;
  graceMs: number;
  /** After so many days services prune what is over. */
  keepDays: number;
  /** So long after the payment an order has to have ended. */
  overdueAfterSeconds: number;
  signal: AbortSignal;
}

/** Compares what the databases keep with what the topics tell, set by set. */
export async function compareDatabases(
  { ledger, reading, databases, reports, graceMs, keepDays, overdueAfterSeconds, signal }: Comparison,
  io: Pick<Io, 'note'>,
): Promise<SetResult[]> {
  let saidAt = performance.now();
  const options = {
    ledger,
    readOn: () => reading.readOn(signal),
    databaseOf: databases.of,
    dueBefore: reading.startedAt - graceMs,
    // A day less: the services count from when the order was placed, and prune when they get to it.
    keptSince: reading.startedAt - (keepDays - 1) * DAY_MS,
    overdueAfterSeconds,
    onPage(set: string, rows: number) {
      signal.throwIfAborted();
      if (performance.now() - saidAt < PROGRESS_MS) return;
      saidAt = performance.now();
      io.note(`${grouped(rows)} ${set} compared`);
    },
  };
  const results: SetResult[] = [];
  for (const book of books) results.push(await walk(book, options));
  return [
    ...results,
    ...(await checkPlaces(databases.of, ledger)),
    ...compareReports(reports, ledger),
    ...(await findLetters(databases.of, ledger)),
  ];
}
