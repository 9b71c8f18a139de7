import type { MissingItem, StockItem } from '@brew/events';

/** An amount of one item; what is left of it afterwards is only known when it is done. */
export type StockLine = Pick<StockItem, 'sku' | 'quantity'>;

/** What happened to an order, as far as the stock is concerned. */
export type StockRequest =
  | { kind: 'placed'; orderId: string; cafeId: string; items: readonly StockLine[] }
  | { kind: 'cancelled'; orderId: string };

/** What the catalog answers. `nothing`: the order had nothing to give back, or nothing any more. */
export type StockAnswer =
  | { kind: 'reserved'; cafeId: string; items: StockItem[] }
  | { kind: 'rejected'; cafeId: string; missing: MissingItem[] }
  | { kind: 'released'; cafeId: string; items: StockItem[] }
  | { kind: 'nothing' };

/** One item on one cafe's shelf. */
export interface CafeItem {
  cafeId: string;
  sku: string;
}

export interface Shelf extends CafeItem {
  /** Another one where the item was taken off the menu and put on again. */
  id: string;
  /** What is there and not promised to anybody. */
  available: number;
}

/** An amount of one item, and the shelf that it was taken from; of older reservations that is not known. */
interface ReservedLine extends StockLine {
  shelf?: string;
}

/** What is kept for an order. */
export interface Reservation {
  orderId: string;
  cafeId: string;
  /** An item a line. */
  items: readonly ReservedLine[];
}

export interface Allocation {
  /** One for each request, in the order of the requests. */
  answers: StockAnswer[];
  /** By how much shelves change in sum; those that end as they began are left out. */
  changes: (CafeItem & { by: number })[];
  /** New reservations; one that was released again at once is kept as such. */
  made: (Reservation & { released: boolean })[];
  /** Orders whose reservation was there before and is released. */
  released: string[];
}

/** Every item of every cafe that the requests can change, each once. */
export function itemsOf(requests: readonly StockRequest[], held: readonly Reservation[]): CafeItem[] {
  const placed = requests.filter((request) => request.kind === 'placed');
  const items = new Map<string, CafeItem>();
  for (const { cafeId, items: lines } of [...placed, ...held]) {
    for (const { sku } of lines) items.set(keyOf(cafeId, sku), { cafeId, sku });
  }
  return [...items.values()];
}

/**
 * Decides for many orders what one after the other would have got: each all that it needs or nothing, and what a
 * cancellation gives back is there for the orders behind it. Pure: what is passed in stays as it is.
 *
 * @param requests in the order in which they came
 * @param shelves of all `itemsOf(requests, held)`, as far as there are such shelves
 * @param held what is kept, from before, for the orders that are cancelled
 */
export function allocate(
  requests: readonly StockRequest[],
  shelves: readonly Shelf[],
  held: readonly Reservation[],
): Allocation {
  const shelfOf = new Map(shelves.map((shelf) => [keyOf(shelf.cafeId, shelf.sku), { ...shelf, by: 0 }]));
  const before = held.map((reservation) => ({ ...reservation, released: false }));
  const made: Allocation['made'] = [];
  const reservationOf = new Map(before.map((reservation) => [reservation.orderId, reservation]));

  function reserve({ orderId, cafeId, items }: StockRequest & { kind: 'placed' }): StockAnswer {
    const lines: ReservedLine[] = [];
    const missing: MissingItem[] = [];
    for (const { sku, quantity: requested } of sumBySku(items)) {
      const shelf = shelfOf.get(keyOf(cafeId, sku));
      lines.push({ sku, quantity: requested, ...(shelf && { shelf: shelf.id }) });
      const available = shelf ? shelf.available + shelf.by : 0;
      if (available < requested) missing.push({ sku, requested, available });
    }
    if (missing.length > 0) return { kind: 'rejected', cafeId, missing };
    const reservation = { orderId, cafeId, items: lines, released: false };
    made.push(reservation);
    reservationOf.set(orderId, reservation);
    return { kind: 'reserved', cafeId, items: move(cafeId, lines, -1) };
  }

  function release(orderId: string): StockAnswer {
    const reservation = reservationOf.get(orderId);
    if (!reservation || reservation.released) return { kind: 'nothing' };
    reservation.released = true;
    const { cafeId, items } = reservation;
    return { kind: 'released', cafeId, items: move(cafeId, items, 1) };
  }

  /**
   * Puts lines on the shelves (1) or takes them off (-1). There is no shelf for what isn't sold any more; nor for what was, and is sold anew:
   * its new shelves were filled without it.
   */
  function move(cafeId: string, lines: readonly ReservedLine[], direction: 1 | -1): StockItem[] {
    return lines.map(({ sku, quantity, shelf: from }) => {
      const shelf = shelfOf.get(keyOf(cafeId, sku));
      if (!shelf || (from !== undefined && from !== shelf.id)) return { sku, quantity, remaining: null };
      shelf.by += direction * quantity;
      return { sku, quantity, remaining: shelf.available + shelf.by };
    });
  }

  const answers = requests.map((request) =>
    request.kind === 'placed' ? reserve(request) : release(request.orderId),
  );
  return {
    answers,
    changes: [...shelfOf.values()].filter(({ by }) => by !== 0),
    made,
    released: before.filter(({ released }) => released).map(({ orderId }) => orderId),
  };
}

/** An item a line, however the order spread it, sorted by their names. */
function sumBySku(items: readonly StockLine[]): StockLine[] {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of items) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return [...sums].map(([sku, quantity]) => ({ sku, quantity })).sort((a, b) => (a.sku < b.sku ? -1 : 1));
}

/** The ids of cafes have no spaces. */
const keyOf = (cafeId: string, sku: string) => `${cafeId} ${sku}`;
