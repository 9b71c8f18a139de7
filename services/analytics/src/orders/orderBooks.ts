import { setImmediate as breathe } from 'node:timers/promises';
import type { copyIn } from '@brew/postgres';
import type { Projection } from '../projections/projection.ts';
import { type Book, createBook, type Page } from './book.ts';
import { createDesk, type Desk } from './desk.ts';
import { createGreatestId } from './greatestId.ts';
import { createTurnover } from './turnover.ts';

type Client = Parameters<typeof copyIn>[0];

/** What several projections keep of the same orders. */
export interface OrderBooks {
  readonly desk: Desk;
  readonly books: readonly Book[];
  /** Something was taken for an order. */
  touch(order: number): void;
  /** An order was delivered or cancelled. */
  end(order: number): void;
  /** Reads what was left open when it was written last. To be called first. */
  load(client: Client): Promise<void>;
  /**
   * Counts what was taken since, and takes out what is to be stored.
   * @param everything whether all orders get into their tables; else only those that leave the desk, and the others are kept aside, which
   *   is the faster the more events each of them still gets
   */
  turnPage(client: Client, everything: boolean): Promise<Page[]>;
}

/** How many orders stay at hand. */
const AT_HAND = 100_000;
/** After so many the event loop gets its turn: some milliseconds. */
const AT_A_TIME = 1_000;

/** @param generations each with the schema that its tables are in */
export function createOrderBooks(
  generations: readonly { projection: Projection; schema: string }[],
): OrderBooks {
  const desk = createDesk();
  const books = generations.map(({ projection, schema }) => createBook(projection, schema, desk));
  const greatest = createGreatestId(desk);
  const turnover = createTurnover(desk, AT_HAND);
  /** Since the last page, each once. */
  let touched: number[] = [];
  let isTouched = new Uint8Array(0);
  /** Have come since, and the tables may know them. */
  let perhapsKnown: number[] = [];
  /** Whether some are only among the open ones. */
  let hasOpen = false;
  desk.onGrow((capacity) => {
    const larger = new Uint8Array(capacity);
    larger.set(isTouched);
    isTouched = larger;
  });
  desk.onArrival((order) => {
    isTouched[order] = 0;
    if (greatest.covers(order)) perhapsKnown.push(order);
  });

  async function each(orders: Iterable<number>, visit: (order: number) => void): Promise<void> {
    let count = 0;
    for (const order of orders) {
      visit(order);
      if (++count % AT_A_TIME === 0) await breathe();
    }
  }

  function* everybody(): Generator<number> {
    for (let order = 0; order < desk.capacity; order++) if (desk.has(order)) yield order;
  }

  async function recall(client: Client): Promise<void> {
    if (perhapsKnown.length === 0) return;
    const ids = perhapsKnown.map((order) => desk.idOf(order));
    perhapsKnown = [];
    for (const book of books) await book.recall(client, ids);
  }

  function count(order: number): void {
    isTouched[order] = 0;
    for (const book of books) book.count(order);
  }

  function write(order: number): void {
    greatest.note(order);
    for (const book of books) book.write(order);
  }

  function writeOpen(order: number): void {
    for (const book of books) book.writeOpen(order);
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
    async load(client) {
      for (const book of books) {
        const id = await book.load(client);
        if (id !== undefined) greatest.noteId(id);
      }
      perhapsKnown = [...everybody()];
      hasOpen = perhapsKnown.length > 0;
    },
    async turnPage(client, everything) {
      await recall(client);
      await each(touched, count);
      const leaving = turnover.leaving();
      if (everything) await each(hasOpen ? everybody() : touched, write);
      else {
        await each(leaving, write);
        // Those who leave have nothing left to be written.
        await each(everybody(), writeOpen);
      }
      touched = [];
      hasOpen = !everything;
      const pages = books.map((book) => book.page());
      for (const order of leaving) desk.remove(order);
      return pages;
    },
  };
}
