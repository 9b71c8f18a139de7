import type { Tx } from '@brew/postgres';

interface ReadyOrder {
  orderId: string;
  cafeId: string;
  readyAt: Date;
  /** Id of its OrderReady. */
  causationId: string;
  traceparent: string | undefined;
}

/** Adds shipments that wait for a courier. */
export async function addShipments(tx: Tx, orders: readonly ReadyOrder[]): Promise<void> {
  await tx.query({
    name: 'add-shipments',
    // DANGER: in the order of the ids. Two transactions that add the same orders in different orders would deadlock.
    text: `insert into shipments (order_id, cafe_id, ready_at, cause_id, traceparent)
           select "orderId", "cafeId", "readyAt", "causationId", traceparent
           from jsonb_to_recordset($1::jsonb) as ready("orderId" text, "cafeId" text, "readyAt" timestamptz,
             "causationId" text, traceparent text)
           order by "orderId"
           on conflict do nothing`,
    values: [JSON.stringify(orders)],
  });
}

export interface Shipment {
  orderId: string;
  cafeId: string;
  state: 'waiting' | 'on_the_way' | 'delivered';
  courierId: string | null;
  courierName: string | null;
  readyAt: Date;
  assignedAt: Date | null;
  expectedDeliveryAt: Date | null;
  deliveredAt: Date | null;
}

/** @returns undefined when the order is not ready yet, or unknown */
export async function findShipment(db: Tx, orderId: string): Promise<Shipment | undefined> {
  const { rows } = await db.query<Shipment>(
    `select order_id as "orderId", cafe_id as "cafeId", state, courier_id as "courierId",
            courier_name as "courierName", ready_at as "readyAt", assigned_at as "assignedAt",
            due_at as "expectedDeliveryAt", delivered_at as "deliveredAt"
     from shipments where order_id = $1`,
    [orderId],
  );
  return rows[0];
}
