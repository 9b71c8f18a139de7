import type { Tx } from '@brew/postgres';
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

/** How many shelves there are, and those below nothing: a constraint forbids that, so they are few. */
export async function shelves(db: Tx) {
  const { rows: all } = await db.query<{ count: number }>('select count(*)::int as count from stock');
  const { rows: negative } = await db.query<{ cafeId: string; sku: string; available: number }>(
    `select cafe_id as "cafeId", sku, available from stock where available < 0 order by cafe_id, sku`,
  );
  return { count: all[0]?.count ?? 0, negative };
}
