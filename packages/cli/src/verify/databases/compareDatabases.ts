import { BrewError } from '@brew/events';
import { isOutage } from '@brew/postgres';
import type { Io } from '../../io.ts';
import { grouped } from '../../text/format.ts';
import type { Ledger } from '../ledger.ts';
import type { Reading } from '../reading.ts';
import { saying } from '../saying.ts';
import type { DatabaseName } from './book.ts';
import { breachOf } from './breachOf.ts';
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
  reading: Pick<Reading, 'startedAt' | 'readOn' | 'hasRead' | 'hasReached'>;
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

/** Compares what the databases keep with what the topics tell, set by set. What PostgreSQL or Kafka do not answer for is told, and not compared. */
export async function compareDatabases(
  { ledger, reading, databases, reports, graceMs, keepDays, overdueAfterSeconds, signal }: Comparison,
  io: Pick<Io, 'note'>,
): Promise<SetResult[]> {
  let saidAt = performance.now();
  const options = {
    ledger,
    readOn: () =>
      saying(io, () => 'Reading what the topics got meanwhile, to compare it', reading.readOn(signal)),
    hasRead: reading.hasRead,
    databaseOf: databases.of,
    dueBefore: reading.startedAt - graceMs,
    // A day less: the services count from when the order was placed, and prune when they get to it.
    keptSince: reading.startedAt - (keepDays - 1) * DAY_MS,
    overdueAfterSeconds,
    graceSeconds: graceMs / 1_000,
    onPage(set: string, rows: number) {
      signal.throwIfAborted();
      if (performance.now() - saidAt < PROGRESS_MS) return;
      saidAt = performance.now();
      io.note(`${grouped(rows)} ${set} compared`);
    },
  };
  async function attempt(
    set: string,
    database: DatabaseName,
    compare: () => Promise<SetResult[]>,
  ): Promise<SetResult[]> {
    try {
      return await compare();
    } catch (error) {
      if (signal.aborted || !isAway(error)) throw error;
      return [notCompared(set, database, `${error.message}. See what runs: npx brew status`)];
    }
  }
  const results: SetResult[] = [];
  for (const book of books)
    results.push(...(await attempt(book.name, book.database, async () => [await walk(book, options)])));
  const places = await attempt('places', 'catalog', () => checkPlaces(databases.of, ledger));
  const isRead = [...reports.values()].every(({ positions }) => reading.hasReached(positions));
  const told = compareReports(reports, ledger).map((result) =>
    isRead ? result : notCompared(result.set, result.database, 'not all that is in it could be read'),
  );
  const letters = await attempt('letters', 'orders', () => findLetters(databases.of, ledger));
  return [...results, ...places, ...told, ...letters];
}

const isAway = (error: unknown): error is Error =>
  isOutage(error) || (error instanceof BrewError && error.retryable);

/** Something that nobody knows is nothing that is well. */
function notCompared(set: string, database: DatabaseName, why: string): SetResult {
  const breaches = [breachOf(set, `not compared: ${why}`, undefined)];
  return { set, database, compared: null, unit: '', breaches, young: 0, gone: 0, partly: 0, note: why };
}
