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
    text: `select cafe_id as "cafeId", sku, available
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
    `insert into stock (cafe_id, sku, available)
     select cafe_id, sku, par from unnest($1::text[]) as cafes (cafe_id) cross join menu_items
     on conflict do nothing`,
    [cafeIds],
  );
}

/** A delivery. @returns the items that the cafe has no shelf for: then the caller must not commit */
export async function deliverStock(
  tx: Tx,
  cafeId: string,
  delivered: readonly StockLine[],
): Promise<string[]> {
  const skus = [...new Set(delivered.map(({ sku }) => sku))];
  const shelves = await lockShelves(
    tx,
    skus.map((sku) => ({ cafeId, sku })),
  );
  await tx.query(
    `update stock set available = available + delivered.quantity
     from (select sku, sum(quantity)::int as quantity from unnest($2::text[], $3::int[]) as lines (sku, quantity)
           group by sku) as delivered
     where stock.cafe_id = $1 and stock.sku = delivered.sku`,
    [cafeId, delivered.map(({ sku }) => sku), delivered.map(({ quantity }) => quantity)],
  );
  const known = new Set(shelves.map(({ sku }) => sku));
  return skus.filter((sku) => !known.has(sku));
}
