import { cafes } from '@brew/events';
import type { Database } from '@brew/postgres';
import { type BookRow, PAGE, paged } from '../book.ts';

export interface ReservationRow extends BookRow {
  cafeId: string;
  items: { sku: string; quantity: number }[];
  released: boolean;
}

export const reservationRows = paged<ReservationRow>(
  `select order_id as "orderId", cafe_id as "cafeId", items, released_at is not null as released,
          extract(epoch from reserved_at)::float8 * 1000 as at
   from reservations where ${PAGE}`,
);

export interface Shelf {
  cafeId: string;
  sku: string;
  /** Null: there is no such shelf. */
  available: number | null;
  /** Null: a release that did not count deliveries has filled it. */
  delivered: number | null;
  /** Of that, what orders have got or are to get. */
  reserved: number;
}

/** All reservations are summed up, a million within seconds. */
const SHELVES_MS = 120_000;

/**
 * How many shelves there are, and those that are not as they should be: each cafe has one of each item of the menu, and on it is what was
 * delivered and is not reserved. All of it as it is at one moment.
 */
export function shelves(db: Database): Promise<{ count: number; unknown: number; wrong: Shelf[] }> {
  return db.transaction(
    async (tx) => {
      const { rows } = await tx.query<{ count: number; unknown: number; wrong: Shelf[] | null }>(
        `with reserved as (
           select shelf, sum(quantity) as quantity from (
             select line ->> 'shelf' as shelf, case jsonb_typeof(line -> 'quantity') when 'number' then (line ->> 'quantity')::numeric end as quantity
             from reservations
               cross join jsonb_array_elements(case jsonb_typeof(items) when 'array' then items else '[]' end) as line
             where released_at is null
             union all select shelf, quantity from forgotten_reservations
           ) as each group by shelf
         ), needed as (
           select cafe_id, sku from unnest($1::text[]) as cafes (cafe_id) cross join menu_items
         ), balance as (
           select cafe_id as "cafeId", sku, available, delivered, coalesce(quantity, 0) as reserved
           from needed full join stock using (cafe_id, sku) left join reserved on shelf = id::text
         )
         select count(available)::int as count, count(*) filter (where available is not null and delivered is null)::int as unknown,
                json_agg(balance order by "cafeId", sku) filter (
                  where available is null or available < 0 or available <> delivered - reserved
                ) as wrong
         from balance`,
        [cafes.map(({ id }) => id)],
      );
      const [{ count, unknown, wrong } = { count: 0, unknown: 0, wrong: null }] = rows;
      return { count, unknown, wrong: wrong ?? [] };
    },
    { statementMs: SHELVES_MS },
  );
}
