import type { Tx } from '@brew/postgres';
import type { CafeItem, Shelf, StockLine } from '../domain/allocate.ts';

/**
 * What is on shelves, which nobody else can change until the transaction ends. Shelves that there are not are left out.
 *
 * DANGER: every transaction that changes shelves locks them with this, in one call. The rows are locked in the order of
 * cafe and sku, whatever order the caller names them in: without that, two chunks of orders that touch the same shelves
 * crosswise would deadlock.
 */
export async function lockShelves(tx: Tx, items: readonly CafeItem[]): Promise<Shelf[]> {
  if (items.length === 0) return [];
  const { rows } = await tx.query<Shelf>({
    name: 'lock-shelves', // prepared once a connection
    text: `select cafe_id as "cafeId", sku, id, available
           from stock join unnest($1::text[], $2::text[]) as wanted (cafe_id, sku) using (cafe_id, sku)
           order by cafe_id, sku
           for update of stock`,
    values: [items.map(({ cafeId }) => cafeId), items.map(({ sku }) => sku)],
  });
  return rows;
}

/** What a cafe has, in the order of the menu; `par` is how many there are when the shelf is full. */
export async function stockOf(
  tx: Tx,
  cafeId: string,
): Promise<{ sku: string; available: number; par: number }[]> {
  const { rows } = await tx.query(
    `select sku, available, par from stock join menu_items using (sku) where cafe_id = $1 order by position`,
    [cafeId],
  );
  return rows;
}

/** Gives every cafe a full shelf of each item that it has no shelf for. */
export async function fillNewShelves(tx: Tx, cafeIds: string[]): Promise<void> {
  await tx.query(
    `insert into stock (cafe_id, sku, available, delivered)
     select cafe_id, sku, par, par from unnest($1::text[]) as cafes (cafe_id) cross join menu_items
     on conflict do nothing`,
    [cafeIds],
  );
}

/** What fits on a shelf. As much again may be reserved and come back, and the column still holds it. */
export const MOST_ON_A_SHELF = 1_000_000_000;

/** A delivery. @returns what does not go on a shelf, by item: then nothing was written */
export async function deliverStock(
  tx: Tx,
  cafeId: string,
  delivered: readonly StockLine[],
): Promise<ReadonlyMap<string, 'no shelf' | 'no room'>> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of delivered) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  const shelves = await lockShelves(
    tx,
    [...sums.keys()].map((sku) => ({ cafeId, sku })),
  );
  const available = new Map(shelves.map((shelf) => [shelf.sku, shelf.available]));
  const refused = new Map<string, 'no shelf' | 'no room'>();
  for (const [sku, quantity] of sums) {
    const before = available.get(sku);
    if (before === undefined) refused.set(sku, 'no shelf');
    else if (before + quantity > MOST_ON_A_SHELF) refused.set(sku, 'no room');
  }
  if (refused.size > 0) return refused;
  await tx.query(
    `update stock set available = available + quantity, delivered = delivered + quantity
     from unnest($2::text[], $3::int[]) as delivery (sku, quantity)
     where stock.cafe_id = $1 and stock.sku = delivery.sku`,
    [cafeId, [...sums.keys()], [...sums.values()]],
  );
  return refused;
}
