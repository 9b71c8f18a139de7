import { KitchenStarted, OrderDelivered, OrderPlaced, OrderReady, PaymentReceived } from '@brew/events';
import { dataOf, type Projection, timestamp } from '../projection.ts';

/** When each order reached each stage; the report works out from it how long that took. */
export const projectLatency: Projection = {
  name: 'latency',
  events: [OrderPlaced, PaymentReceived, KitchenStarted, OrderReady, OrderDelivered],

  async apply(tx, batch) {
    const reached = [
      ...dataOf(batch, OrderPlaced).map((data) => ({
        orderId: data.orderId,
        placed: timestamp(data.placedAt),
      })),
      ...dataOf(batch, PaymentReceived).map((data) => ({
        orderId: data.orderId,
        paid: timestamp(data.receivedAt),
      })),
      ...dataOf(batch, KitchenStarted).map((data) => ({
        orderId: data.orderId,
        started: timestamp(data.startedAt),
      })),
      ...dataOf(batch, OrderReady).map((data) => ({ orderId: data.orderId, ready: timestamp(data.readyAt) })),
      ...dataOf(batch, OrderDelivered).map((data) => ({
        orderId: data.orderId,
        delivered: timestamp(data.deliveredAt),
      })),
    ];
    // The first time counts. Rows are locked in the order of their keys, so two instances that meet here wait
    // for each other, but never in a circle.
    await tx.query(
      `insert into latency_orders as known (order_id, placed_at, paid_at, started_at, ready_at, delivered_at)
       select "orderId", min(placed), min(paid), min(started), min(ready), min(delivered)
       from jsonb_to_recordset($1::jsonb) as reached(
         "orderId" text, placed timestamptz, paid timestamptz, started timestamptz, ready timestamptz,
         delivered timestamptz)
       group by "orderId"
       order by "orderId"
       on conflict (order_id) do update set
         placed_at = coalesce(known.placed_at, excluded.placed_at),
         paid_at = coalesce(known.paid_at, excluded.paid_at),
         started_at = coalesce(known.started_at, excluded.started_at),
         ready_at = coalesce(known.ready_at, excluded.ready_at),
         delivered_at = coalesce(known.delivered_at, excluded.delivered_at)`,
      [JSON.stringify(reached)],
    );
  },
};
