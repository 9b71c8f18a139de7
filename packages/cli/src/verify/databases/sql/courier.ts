import type { Tx } from '@brew/postgres';
import { type BookRow, PAGE, paged } from '../book.ts';

export interface ShipmentRow extends BookRow {
  cafeId: string;
  courierId: string | null;
  assigned: boolean;
  delivered: boolean;
}

export const shipmentRows = paged<ShipmentRow>(
  `select order_id as "orderId", cafe_id as "cafeId", courier_id as "courierId", assigned_at is not null as assigned,
          delivered_at is not null as delivered, extract(epoch from ready_at)::float8 * 1000 as at
   from shipments where ${PAGE}`,
);

/** How many couriers carry something, and those whose order is not on the way. */
export async function couriers(db: Tx) {
  const { rows } = await db.query<{ orderId: string; courierId: string; state: string | null }>(
    `select couriers.order_id as "orderId", couriers.courier_id as "courierId", state
     from couriers left join shipments using (order_id) where couriers.order_id is not null`,
  );
  return { count: rows.length, wrong: rows.filter(({ state }) => state !== 'on_the_way') };
}
