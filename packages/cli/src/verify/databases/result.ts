import type { ReportedEvent } from '../report.ts';
import type { DatabaseName } from './book.ts';

/** Something in a database that is not as the topics tell. */
export interface DatabaseBreach {
  set: string;
  /** Left out where it is not of one order. */
  orderId?: string;
  sentences: string[];
  events: ReportedEvent[];
}

/** What came out for a set. */
export interface SetResult {
  set: string;
  database: DatabaseName;
  /** How many there were to compare; null: it was not compared, and `note` says why. */
  compared: number | null;
  /** What was compared, such as `rows`. */
  unit: string;
  breaches: DatabaseBreach[];
  /** Orders of which something is so new that it may still be on its way. */
  young: number;
  /** Rows of orders whose events the topics no longer have. */
  gone: number;
  /** Orders that differ, or may: what no event says was perhaps deleted, or could not be read. */
  partly: number;
  note?: string;
}
