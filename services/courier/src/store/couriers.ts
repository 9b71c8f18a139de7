import type { Tx } from '@brew/postgres';
import type { RosterEntry } from '../domain/roster.ts';

/** Takes the couriers of the roster on duty, and all others off it. */
export async function putOnDuty(db: Tx, roster: readonly RosterEntry[], now: Date): Promise<void> {
  // In the order of their ids, so that instances that start at once don't wait for each other in a circle.
  await db.query(
    `insert into couriers (courier_id, name, free_since)
     select "courierId", name, $2 from jsonb_to_recordset($1::jsonb) as roster("courierId" text, name text)
     order by "courierId"
     on conflict (courier_id) do update set on_duty = true where not couriers.on_duty`,
    [JSON.stringify(roster), now],
  );
  await db.query('update couriers set on_duty = false where on_duty and courier_id <> all ($1)', [
    roster.map(({ courierId }) => courierId),
  ]);
}

export interface Courier {
  courierId: string;
  name: string;
  state: 'free' | 'delivering' | 'off_duty';
  orderId: string | null;
  /** When the courier is expected to hand it over. */
  expectedDeliveryAt: Date | null;
  deliveries: number;
}

export async function listCouriers(db: Tx): Promise<Courier[]> {
  const { rows } = await db.query<Courier>(
    `select couriers.courier_id as "courierId", name, order_id as "orderId", due_at as "expectedDeliveryAt",
            deliveries,
            case when order_id is not null then 'delivering' when on_duty then 'free' else 'off_duty' end as state
     from couriers left join shipments using (order_id)
     order by couriers.courier_id`,
  );
  return rows;
}
