import { setImmediate as breathe } from 'node:timers/promises';
import { leastUuidv7 } from '@brew/events';
import type { Records } from '@brew/kafka/reader';
import type { Tx } from '@brew/postgres';
import type { Projection } from '../projections/projection.ts';
import {
  type Book,
  createBook,
  idsIn,
  openAtHand,
  type Packed,
  type Page,
  type StoredOrders,
  storedOrders,
} from './book.ts';
import { createDesk, type Desk } from './desk.ts';
import { createTurnover, type Limits } from './turnover.ts';
import { allWaiting, type WaitingOrder, waitingAmong } from './waitingOrders.ts';

/** What several projections know of the same orders. */
export interface OrderBooks {
  readonly desk: Desk;
  readonly books: readonly Book[];
  /** Something was taken for an order. */
  touch(order: number): void;
  /** An order was delivered or cancelled. */
  end(order: number): void;
  /** Has orders leave that have ended, if they are too many. Not between find() of the desk and touch(). */
  clear(): void;
  /** Whether so many are under way that a page should be turned: with it the first ones make room. */
  readonly isFull: boolean;
  /** How many orders wait in PostgreSQL. */
  readonly waiting: number;
  /** Has those of these records' orders at hand that wait. To be called before the records are taken. */
  recall(tx: Tx, records: Records): Promise<void>;
  /** Reads what was known when it was stored last. To be called first. */
  load(tx: Tx): Promise<void>;
  /**
   * Learns of the orders that another generation of a projection knows what its own does not know of them, counts what could not be counted
   * without, and stores it.
   * @param other its columns are named as in Generation
   */
  adopt(tx: Tx, schema: string, other: { schema: string; columns: readonly string[] }): Promise<void>;
  /**
   * Has those leave that were placed before a time and are under way here, but in none of these other generations, which have read all that was read
   * here: they have ended there, and the topics do not hold that any more.
   */
  leaveEnded(tx: Tx, schemas: readonly string[], before: Date): Promise<void>;
  /** Takes out what is to be stored: what was counted since, and what is known of the orders at hand. */
  turnPage(): Promise<Page[]>;
  /** Of how many orders, by projection, something was never counted since the last time it was asked: they have ended, and what they were placed with never came. */
  givenUp(): ReadonlyMap<string, number>;
}

/** Several minutes of the busiest day. */
export const AT_HAND: Limits = { ended: 50_000, open: 100_000 };

/** @param generations each with the schema that its tables are in */
export function createOrderBooks(
  generations: readonly { projection: Projection; schema: string }[],
  limits = AT_HAND,
): OrderBooks {
  const desk = createDesk();
  const books = generations.map(({ projection, schema }) => createBook(projection, schema, desk));
  const turnover = createTurnover(desk, limits);
  /** Since the last page. */
  let touched: number[] = [];
  let isTouched = new Uint8Array(0);
  /** How many orders were stored since all of them were; infinitely many: all are to be stored anew. */
  let storedSince = Number.POSITIVE_INFINITY;
  let givenUp = new Map<string, number>();
  desk.onGrow((capacity) => {
    const larger = new Uint8Array(capacity);
    larger.set(isTouched);
    isTouched = larger;
  });
  desk.onArrival((order) => {
    isTouched[order] = 0;
  });

  function touch(order: number): void {
    if (isTouched[order] !== 0) return;
    isTouched[order] = 1;
    touched.push(order);
  }

  const waiting = () => Math.max(...books.map((book) => book.waiting.size));

  /** Those that something was taken for, to be stored beside what is there; and once that comes to more than all at hand, these instead. */
  function pack(): Packed {
    const changed = touched.filter((order) => {
      // One that left may have come back, and stand there twice.
      const isHere = isTouched[order] === 1 && desk.has(order);
      isTouched[order] = 0;
      return isHere;
    });
    touched = [];
    storedSince += changed.length;
    const all = storedSince > desk.size;
    if (all) storedSince = 0;
    const { ended, open } = turnover.sort(all ? undefined : changed);
    const orders = [...ended, ...open];
    return { all, orders, ended: ended.length, ids: desk.pack(orders) };
  }

  async function turnPage(): Promise<Page[]> {
    const leaving = turnover.excess();
    const pages = books.map((book) => book.waiting.page(book.describe(leaving)));
    for (const order of leaving) turnover.leave(order);
    const packed = pack();
    for (const book of books) {
      pages.push(book.page(packed));
      await breathe();
    }
    return pages;
  }

  async function storePages(tx: Tx): Promise<void> {
    for (const page of await turnPage()) await page.store(tx);
  }

  function learn(book: Book, { ended, ids, columns }: StoredOrders, names?: readonly string[]): number[] {
    const orders = desk.unpack(ids);
    book.learn(orders, columns, names);
    for (const order of orders.slice(0, ended)) turnover.end(order);
    return orders;
  }

  function learnOfWaiting(book: Book, { id, columns }: WaitingOrder, names?: readonly string[]): number {
    const order = desk.find(Buffer.from(id), 0, id.length);
    book.learn([order], columns, names);
    return order;
  }

  async function recallIds(tx: Tx, ids: readonly string[]): Promise<void> {
    for (const book of books) {
      for (const found of await book.waiting.find(tx, ids)) touch(learnOfWaiting(book, found));
    }
  }

  /** @param learnOf takes in what another generation knows of these orders */
  function adoptOrders({ joins }: Book, orders: readonly number[], learnOf: () => void): void {
    const lacking = joins ? orders.filter(joins.lacks) : [];
    learnOf();
    for (const order of lacking) joins?.make(order);
    for (const order of orders) touch(order);
  }

  function forget(order: number): void {
    // What is stored of it may say that it is under way, and is not added to any more.
    if (isTouched[order] !== 0) storedSince = Number.POSITIVE_INFINITY;
    for (const { joins, projection } of books) {
      if (joins?.lacks(order)) givenUp.set(projection, (givenUp.get(projection) ?? 0) + 1);
    }
  }

  return {
    desk,
    books,
    touch,
    end: turnover.end,
    clear: () => turnover.clear(forget),
    get isFull() {
      return turnover.isFull;
    },
    get waiting() {
      return waiting();
    },
    recall: (tx, records) => recallIds(tx, strangersIn(records, desk)),
    async load(tx) {
      for (const book of books) {
        await book.waiting.count(tx);
        for (const stored of await storedOrders(tx, book.schema)) learn(book, stored);
      }
      // Of those that left, some are still in rows that tell of others, too.
      turnover.clear(() => {});
      const { ended, open } = turnover.sort();
      // What is at hand for one projection may wait for another one.
      if (waiting() > 0) await recallIds(tx, [...ended, ...open].map(desk.idOf));
    },
    async adopt(tx, schema, other) {
      const book = books.find((one) => one.schema === schema) as Book;
      const store = async () => {
        await storePages(tx);
        turnover.clear(() => {});
      };
      for (const stored of await storedOrders(tx, other.schema)) {
        await recallIds(tx, idsIn(stored.ids));
        adoptOrders(book, desk.unpack(stored.ids), () => learn(book, stored, other.columns));
        await store();
      }
      for await (const portion of allWaiting(tx, other.schema)) {
        await recallIds(
          tx,
          portion.map(({ id }) => id),
        );
        const orders = portion.map(({ id }) => desk.find(Buffer.from(id), 0, id.length));
        adoptOrders(book, orders, () => {
          for (const each of portion) learnOfWaiting(book, each, other.columns);
        });
        await store();
      }
    },
    async leaveEnded(tx, schemas, before) {
      const least = leastUuidv7(before.getTime());
      const underWay = new Set<string>();
      const elsewhere: string[] = [];
      for (const other of schemas) {
        const open = await openAtHand(tx, other);
        // Who knows of no orders does not know either that one has ended.
        if (open === undefined) continue;
        elsewhere.push(other);
        for (const id of open) underWay.add(id);
      }
      if (elsewhere.length === 0) return;
      const old = turnover.sort().open.filter((order) => desk.idOf(order) < least);
      for (const other of elsewhere) {
        for (const { id } of await waitingAmong(tx, other, old.map(desk.idOf))) underWay.add(id);
      }
      for (const order of old) if (!underWay.has(desk.idOf(order))) turnover.leave(order);
      // Rows that tell of them would bring them back.
      storedSince = Number.POSITIVE_INFINITY;
      await storePages(tx);
      for (const { waiting } of books) await waiting.leaveEnded(tx, least, underWay, elsewhere);
    },
    turnPage,
    givenUp() {
      const counted = givenUp;
      givenUp = new Map();
      return counted;
    },
  };
}

/** The ids of these records' orders that are not at hand. */
function strangersIn(records: Records, desk: Desk): string[] {
  const ids = new Set<string>();
  while (records.next()) {
    const { bytes, keyStart, keyEnd } = records;
    if (desk.isStranger(bytes, keyStart, keyEnd)) ids.add(bytes.toString('latin1', keyStart, keyEnd));
  }
  return [...ids];
}
