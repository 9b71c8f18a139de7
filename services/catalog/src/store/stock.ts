import type { MissingItem, StockItem } from '@brew/events';
import type { Tx } from '@brew/postgres';

/** One item on one cafe's shelf. */
export interface Shelf {
  sku: string;
  available: number;
  /** How many there are when the shelf is full. */
  par: number;
}

/** An amount of one item; what is left of it afterwards is only known when it is done. */
export type StockLine = Pick<StockItem, 'sku' | 'quantity'>;

/** Any number does, as long as everybody who changes stock takes the same. */
const STOCK_LOCK = 5_001;

/**
 * DANGER: every transaction that changes stock begins with this. A chunk of events is one transaction and touches the
 * shelves of hundreds of orders, in the order of the events: two of them at once would lock each other's rows crosswise
 * and deadlock. One at a time they can't, and it costs little: a reservation takes a fraction of a millisecond. Not
 * LOCK TABLE: that would keep vacuum away from the busiest table there is.
 */
export async function lockStock(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [STOCK_LOCK]);
}

/** What a cafe has, in the order of the menu. */
export async function stockOf(tx: Tx, cafeId: string): Promise<Shelf[]> {
  const { rows } = await tx.query<Shelf>(
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
export async function deliverStock(tx: Tx, cafeId: string, items: StockLine[]): Promise<string[]> {
  const { rows } = await tx.query<{ sku: string }>(
    `update stock set available = available + delivered.quantity
     from (select sku, sum(quantity)::int as quantity from unnest($2::text[], $3::int[]) as lines (sku, quantity)
           group by sku) as delivered
     where stock.cafe_id = $1 and stock.sku = delivered.sku
     returning stock.sku`,
    [cafeId, ...columnsOf(items)],
  );
  const known = new Set(rows.map((row) => row.sku));
  return items.map(({ sku }) => sku).filter((sku) => !known.has(sku));
}

export type Reservation = { reserved: StockItem[] } | { missing: MissingItem[] };

/**
 * Puts everything aside that an order needs, or nothing, in one statement.
 * @returns what was reserved and what is left of it, an item a line, however the order spread it; or what there is too
 * little of
 */
export async function reserveStock(
  tx: Tx,
  orderId: string,
  cafeId: string,
  items: StockLine[],
  at: Date,
): Promise<Reservation> {
  const { rows } = await tx.query<{
    sku: string;
    quantity: number;
    available: number;
    remaining: number | null;
  }>({
    name: 'reserve-stock', // prepared once a connection: planning it takes longer than running it
    text: `with wanted as (
       select sku, sum(quantity)::int as quantity
       from unnest($3::text[], $4::int[]) as lines (sku, quantity)
       group by sku
     ), judged as (
       select wanted.sku, quantity, coalesce(available, 0) as available
       from wanted left join stock on stock.cafe_id = $2 and stock.sku = wanted.sku
     ), taken as (
       update stock set available = stock.available - judged.quantity
       from judged
       where stock.cafe_id = $2 and stock.sku = judged.sku
         and not exists (select from judged where available < quantity)
       returning stock.sku, judged.quantity, stock.available as remaining
     ), kept as (
       insert into reservations (order_id, cafe_id, items, reserved_at)
       select $1, $2, jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) order by sku), $5
       from taken having count(*) > 0
     )
     select sku, judged.quantity, judged.available, taken.remaining
     from judged left join taken using (sku) order by sku`,
    values: [orderId, cafeId, ...columnsOf(items), at],
  });
  const missing = rows.filter((row) => row.available < row.quantity);
  return missing.length > 0
    ? { missing: missing.map(({ sku, quantity, available }) => ({ sku, requested: quantity, available })) }
    : { reserved: rows.map(({ sku, quantity, remaining }) => ({ sku, quantity, remaining })) };
}

/**
 * Gives back exactly what was reserved for an order, once, in one statement.
 * @returns what was given back, and what there is of it now (null: no longer sold); undefined when there is nothing to
 * give back, or nothing any more
 */
export async function releaseStock(
  tx: Tx,
  orderId: string,
  at: Date,
): Promise<{ cafeId: string; items: StockItem[] } | undefined> {
  const { rows } = await tx.query<{ cafeId: string; items: StockItem[] }>(
    `with released as (
       update reservations set released_at = $2
       where order_id = $1 and released_at is null
       returning cafe_id, items
     ), put_back as (
       update stock set available = stock.available + line.quantity
       from released, jsonb_to_recordset(released.items) as line (sku text, quantity int)
       where stock.cafe_id = released.cafe_id and stock.sku = line.sku
       returning stock.sku, stock.available as remaining
     )
     select cafe_id as "cafeId", (
       select jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'remaining', remaining) order by sku)
       from jsonb_to_recordset(items) as line (sku text, quantity int) left join put_back using (sku)
     ) as items
     from released`,
    [orderId, at],
  );
  return rows[0];
}

const columnsOf = (items: StockLine[]) => [
  items.map(({ sku }) => sku),
  items.map(({ quantity }) => quantity),
];
