import type { Tx } from '@brew/postgres';
import { type BookRow, PAGE, paged } from '../book.ts';

export interface TicketRow extends BookRow {
  cafeId: string | null;
  items: unknown;
  customer: unknown;
  slot: number | null;
  placed: boolean;
  paid: boolean;
  cancelled: boolean;
  started: boolean;
  ready: boolean;
  dropped: boolean;
}

export const ticketRows = paged<TicketRow>(
  `select order_id as "orderId", cafe_id as "cafeId", items, customer, slot, placed_at is not null as placed,
          paid_at is not null as paid, cancelled_at is not null as cancelled, started_at is not null as started,
          ready_at is not null as ready, dropped_at is not null as dropped,
          coalesce(extract(epoch from least(placed_at, paid_at, cancellation_requested_at, cancelled_at))::float8 * 1000, 0) as at
   from tickets where ${PAGE}`,
);

/** How many baristas are at work, and those whose order is not being prepared. */
export async function slots(db: Tx) {
  const { rows } = await db.query<{ orderId: string; cafeId: string; slot: number; stage: string | null }>(
    `select slots.order_id as "orderId", slots.cafe_id as "cafeId", slots.slot, stage
     from slots left join tickets using (order_id) where slots.order_id is not null`,
  );
  return { count: rows.length, wrong: rows.filter(({ stage }) => stage !== 'preparing') };
}
