import type { Event, EventType } from '@brew/events';
import * as events from '@brew/events';
import type { Projection } from '../projection.ts';

/** The steps that an order can take, each with the event that tells of it. */
const eventOf = {
  placed: events.OrderPlaced,
  stockReserved: events.StockReserved,
  paid: events.PaymentReceived,
  started: events.KitchenStarted,
  ready: events.OrderReady,
  assigned: events.CourierAssigned,
  delivered: events.OrderDelivered,
  cancelled: events.OrderCancelled,
  refunded: events.PaymentRefunded,
} satisfies Record<string, EventType>;

export type Step = keyof typeof eventOf;

const stepOf = new Map(Object.entries(eventOf).map(([step, eventType]) => [eventType.type, step]));

/** How many orders came how far. */
export const projectFunnel: Projection = {
  name: 'funnel',
  events: Object.values(eventOf),

  async apply(tx, batch) {
    // Counted is what this very statement added. Rows are locked in the order of their keys, so two instances
    // that meet here wait for each other, but never in a circle.
    await tx.query(
      `with fresh as (
         insert into funnel_steps (order_id, step, reason)
         select "orderId", step, reason
         from jsonb_to_recordset($1::jsonb) as taken("orderId" text, step text, reason text)
         order by "orderId", step
         on conflict do nothing
         returning step, reason
       )
       insert into funnel_counts as total (step, reason, partition, orders)
       select step, reason, $2::int, count(*) from fresh
       group by step, reason
       order by step, reason
       on conflict (step, reason, partition) do update set orders = total.orders + excluded.orders`,
      [JSON.stringify(batch.events.map(taken)), batch.partition],
    );
  },
};

function taken({ type, data }: Event): { orderId: string; step: string | undefined; reason: string } {
  const { orderId } = data as { orderId: string };
  const reason = type.type === events.OrderCancelled.type ? (data as events.OrderCancelled).reason : '';
  return { orderId, step: stepOf.get(type.type), reason };
}
