import type { Database } from '@brew/postgres';
import { type BookRow, ms, PAGE, paged } from '../book.ts';

export interface ShipmentRow extends BookRow {
  cafeId: string;
  courierId: string | null;
  /** When each happened, in milliseconds; null: it did not. */
  ready: number;
  assigned: number | null;
  delivered: number | null;
  courierName: string | null;
  /** What that courier is called. */
  knownName: string | null;
}

export const shipmentRows = paged<ShipmentRow>(
  `with page as (select * from shipments where ${PAGE})
   select page.order_id as "orderId", cafe_id as "cafeId", courier_id as "courierId", courier_name as "courierName", name as "knownName",
          ${ms('ready_at')} as at, ${ms('ready_at')} as ready, ${ms('assigned_at')} as assigned, ${ms('delivered_at')} as delivered
   from page left join couriers using (courier_id) order by page.order_id`,
);

/**
 * How many couriers there are. Those who carry what is not on the way, or not with them; and what is on the way, and carried by nobody, unless
 * that was set aside. All of it as it is at one moment.
 */
export function couriers(db: Database) {
  return db.transaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    const { rows: all } = await tx.query<{ count: number }>('select count(*)::int as count from couriers');
    const { rows: idle } = await tx.query<{
      orderId: string;
      courierId: string;
      state: string | null;
      ownId: string | null;
    }>(
      `select couriers.order_id as "orderId", couriers.courier_id as "courierId", state, shipments.courier_id as "ownId"
       from couriers left join shipments using (order_id)
       where couriers.order_id is not null and (state, couriers.courier_id) is distinct from ('on_the_way', shipments.courier_id)
       order by couriers.courier_id`,
    );
    const { rows: uncarried } = await tx.query<{ orderId: string; courierId: string }>(
      `select order_id as "orderId", courier_id as "courierId" from shipments
       where state = 'on_the_way' and order_id not in (select order_id from couriers where order_id is not null)
         and order_id not in (select item from stuck_items where worker = 'dispatcher')`,
    );
    return { count: all[0]?.count ?? 0, idle, uncarried };
  });
}
