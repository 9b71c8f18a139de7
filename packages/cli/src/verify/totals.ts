import { allOf, endOf, find, type OrderState, refundsOf } from './orderState.ts';
import type { SeenEvent } from './seen.ts';

/** In minor units of one currency: received + late = refunded + delivered + held, if the books agree. */
export interface MoneyTotals {
  received: number;
  /** Not what an order went ahead with, and never announced but by its refund: too late, a second payment, or a wrong one. */
  late: number;
  refunded: number;
  /** The totals of all orders that were delivered. */
  delivered: number;
  /** Received and not given back for orders that are not delivered (yet). */
  held: number;
  /** Whether they agree, to the last cent: beyond 2^53 the sums themselves are rounded. */
  agree: boolean;
}

/** In pieces: reserved = released + sold + kept, if the books agree. */
export interface StockTotals {
  reserved: number;
  released: number;
  /** Ordered by those who got a delivery. */
  sold: number;
  /** Reserved and not released for orders that are not delivered (yet). */
  kept: number;
  /** The shelves, each an item at a cafe, for which it is not so, such as `cafe-007/latte`. */
  uneven: string[];
}

export interface Totals {
  /** An event, once: counted as it comes, whatever its order is like. */
  count(event: SeenEvent): void;
  /** An order has ended soundly; or, -1, something has come for it after that. */
  settle(order: OrderState, sign: 1 | -1): void;
  /** @param unsettled all orders that have not ended soundly */
  summary(unsettled: Iterable<OrderState>): { money: Record<string, MoneyTotals>; stock: StockTotals };
}

type Book = Exclude<keyof MoneyTotals, 'agree'> | Exclude<keyof StockTotals, 'uneven'>;
/** Sums by currency or shelf; there is no largest one. */
type Books = Record<Book, Map<string, bigint>>;

/**
 * The same books kept twice: what was received and refunded, reserved and released is summed up over all events alone,
 * what was delivered and sold over the orders. Where orders are sound one by one, the two meet in all.
 */
export function createTotals(): Totals {
  const books = emptyBooks();
  return {
    count: (event) => enter(books, eventEntries(event)),
    settle: (order, sign) => enter(books, orderEntries(order), sign),
    summary(unsettled) {
      const open = emptyBooks();
      for (const order of unsettled) enter(open, [...orderEntries(order), ...heldEntries(order)]);
      const of = (book: Book, key: string) => (books[book].get(key) ?? 0n) + (open[book].get(key) ?? 0n);
      const keysOf = (...names: Book[]) =>
        new Set(names.flatMap((name) => [...books[name].keys(), ...open[name].keys()]));

      const money: Record<string, MoneyTotals> = {};
      for (const currency of keysOf('received', 'refunded', 'delivered')) {
        const [received, late, refunded, delivered, held] = [
          of('received', currency),
          of('late', currency),
          of('refunded', currency),
          of('delivered', currency),
          of('held', currency),
        ];
        money[currency] = {
          received: Number(received),
          late: Number(late),
          refunded: Number(refunded),
          delivered: Number(delivered),
          held: Number(held),
          agree: received + late === refunded + delivered + held,
        };
      }
      const stock: StockTotals = { reserved: 0, released: 0, sold: 0, kept: 0, uneven: [] };
      for (const shelf of keysOf('reserved', 'released', 'sold')) {
        const [reserved, released, sold, kept] = [
          of('reserved', shelf),
          of('released', shelf),
          of('sold', shelf),
          of('kept', shelf),
        ];
        stock.reserved += Number(reserved);
        stock.released += Number(released);
        stock.sold += Number(sold);
        stock.kept += Number(kept);
        if (reserved !== released + sold + kept) stock.uneven.push(shelf);
      }
      return { money, stock };
    },
  };
}

type Entry = [Book, key: string, amount: number];

function enter(books: Books, entries: Iterable<Entry>, sign: 1 | -1 = 1): void {
  for (const [book, key, amount] of entries) {
    books[book].set(key, (books[book].get(key) ?? 0n) + BigInt(sign * amount));
  }
}

function* eventEntries(event: SeenEvent): Generator<Entry> {
  if (event.name === 'PaymentReceived') yield* amountOf('received', event);
  else if (event.name === 'PaymentRefunded') yield* amountOf('refunded', event);
  else if (event.name === 'StockReserved') yield* piecesOf('reserved', event);
  else if (event.name === 'StockReleased') yield* piecesOf('released', event);
}

function* orderEntries(order: OrderState): Generator<Entry> {
  const placed = find(order, 'OrderPlaced');
  if (placed && endOf(order) === 'delivered') {
    yield* amountOf('delivered', placed);
    yield* piecesOf('sold', placed);
  }
  for (const refund of refundsOf(order).other) yield* amountOf('late', refund);
}

function* heldEntries(order: OrderState): Generator<Entry> {
  if (endOf(order) === 'delivered') return;
  const currency = find(order, 'PaymentReceived')?.amount?.currency;
  if (currency !== undefined) {
    for (const { amount } of allOf(order, 'PaymentReceived')) yield ['held', currency, amount?.amount ?? 0];
    for (const { amount } of refundsOf(order).accepted) yield ['held', currency, -(amount?.amount ?? 0)];
  }
  for (const event of order.events) {
    if (event.name === 'StockReserved') yield* piecesOf('kept', event);
    else if (event.name === 'StockReleased') yield* piecesOf('kept', event, -1);
  }
}

function* amountOf(book: Book, { amount }: SeenEvent): Generator<Entry> {
  if (amount) yield [book, amount.currency, amount.amount];
}

function* piecesOf(book: Book, { stock }: SeenEvent, sign: 1 | -1 = 1): Generator<Entry> {
  for (const { sku, quantity } of stock?.lines ?? []) {
    yield [book, `${stock?.cafeId}/${sku}`, sign * quantity];
  }
}

function emptyBooks(): Books {
  const names: Book[] = [
    ...(['received', 'late', 'refunded', 'delivered', 'held'] as const),
    ...(['reserved', 'released', 'sold', 'kept'] as const),
  ];
  return Object.fromEntries(names.map((name) => [name, new Map()])) as Books;
}
