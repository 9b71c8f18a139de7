import type { Database, Tx } from '@brew/postgres';
import type { OrderState } from '../orderState.ts';
import { isMadeUp } from '../skews.ts';

/** The services' databases, and the payment provider's. */
export type DatabaseName = 'orders' | 'psp' | 'catalog' | 'kitchen' | 'courier' | 'analytics';

/** What a database keeps of an order. */
export interface BookRow {
  orderId: string;
  /** When it began, in milliseconds. */
  at: number;
}

/** What of an order may be missed. */
export interface Judging {
  /** Whether the topics still hold all that there was of these events: then what the row says, and none of them does, is wrong. To be asked last. */
  holds(...events: string[]): boolean;
  /** What happened before this time, in milliseconds, has to be on both sides: see isDue. */
  dueBefore: number;
}

/** Whether what is said to have happened at a time has to be on both sides. A time of the future is no excuse: nothing of it is on its way. */
export const isDue = (time: number, { dueBefore }: Pick<Judging, 'dueBefore'>): boolean =>
  time < dueBefore || isMadeUp(time - Date.now());

/** A table with a row for each order, to be compared with what the topics tell. */
export interface Book<Row extends BookRow = BookRow> {
  /** Such as `tickets`. */
  name: string;
  database: DatabaseName;
  /** Whose outbox has what it says and was not published yet; left out: its own. */
  publisher?: DatabaseName;
  /**
   * @param after rows of orders behind this one, in the order of their ids; some of them
   * @param only those of these orders
   */
  page(db: Tx, after: string, only?: readonly string[]): Promise<Row[]>;
  /** What is wrong when there is no row, as it goes on after "order …"; undefined when there need not be one. */
  missing(order: OrderState): string | undefined;
  /** What differs: sentences that go on after "order …". */
  compare(order: OrderState, row: Row, judging: Judging): string[];
  /** What is wrong whatever the topics tell. */
  hanging?(bounds: Hanging): Promise<{ orderId: string; sentence: string }[]>;
}

/** What is asked for by the time that has passed since the payment. */
export interface Hanging {
  databaseOf(name: DatabaseName): Database;
  /** So long after the payment, in seconds, an order has to have ended. */
  overdueAfterSeconds: number;
  /** So long after it, its events have to be published and read. */
  graceSeconds: number;
  /** Whether all was read that the topics hold of it, and one of these events is not among it. */
  isWithout(orderId: string, ...events: string[]): boolean;
}

export const PAGE_ROWS = 1_000;

/** Which rows are in a page: the end of a query for `paged`, after `where`. */
export const PAGE = 'order_id > $1 and ($2::text[] is null or order_id = any($2)) order by order_id limit $3';

/** A time of a column in milliseconds, as events have them. */
export const ms = (column: string): string => `round(extract(epoch from ${column}) * 1000)::float8`;

/** A book's pages, from a query with PAGE in it. */
export const paged =
  <Row extends BookRow>(sql: string): Book<Row>['page'] =>
  async (db, after, only) =>
    (await db.query<Row>(sql, [after, only, PAGE_ROWS])).rows;

/** Keeps the row's type where it is made, and forgets it where all books are walked alike. */
export const defineBook = <Row extends BookRow>(book: Book<Row>): Book => book as unknown as Book;
