import { setImmediate as breathe } from 'node:timers/promises';
import type { Tx } from '@brew/postgres';
import type { Projection } from '../projections/projection.ts';
import { type Book, createBook, type Packed, type Page } from './book.ts';
import { createDesk, type Desk } from './desk.ts';
import { createTurnover, type Limits } from './turnover.ts';

/** What several projections know of the same orders. */
export interface OrderBooks {
  readonly desk: Desk;
  readonly books: readonly Book[];
  /** Something was taken for an order. */
  touch(order: number): void;
  /** An order was delivered or cancelled. */
  end(order: number): void;
  /** Has orders leave, if they are too many. Not between find() of the desk and touch(). */
  clear(): void;
  /** Reads what was known when it was stored last. To be called first. */
  load(tx: Tx): Promise<void>;
  /** Takes out what is to be stored: what was counted since, and what is known of the orders at hand. */
  turnPage(): Promise<Page[]>;
}

/** Several minutes of the busiest day. */
const AT_HAND: Limits = { ended: 50_000, open: 100_000 };

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
  /** How many orders were stored since all of them were. */
  let storedSince = Number.POSITIVE_INFINITY;
  desk.onGrow((capacity) => {
    const larger = new Uint8Array(capacity);
    larger.set(isTouched);
    isTouched = larger;
  });
  desk.onArrival((order) => {
    isTouched[order] = 0;
  });

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
    const all = changed.length > 0 && storedSince > desk.size;
    if (all) storedSince = 0;
    const { ended, open } = turnover.sort(all ? undefined : changed);
    const orders = [...ended, ...open];
    return { all, orders, ended: ended.length, ids: desk.pack(orders) };
  }

  function unpack(ids: Buffer, ended: number): number[] {
    const orders = desk.unpack(ids);
    for (const order of orders.slice(0, ended)) turnover.end(order);
    return orders;
  }

  return {
    desk,
    books,
    touch(order) {
      if (isTouched[order] !== 0) return;
      isTouched[order] = 1;
      touched.push(order);
    },
    end: turnover.end,
    clear: turnover.clear,
    async load(tx) {
      for (const book of books) await book.load(tx, unpack);
    },
    async turnPage() {
      const packed = pack();
      const pages: Page[] = [];
      for (const book of books) {
        pages.push(book.page(packed));
        await breathe();
      }
      return pages;
    },
  };
}
