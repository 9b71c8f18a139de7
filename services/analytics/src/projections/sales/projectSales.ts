import { OrderDelivered, OrderPlaced } from '@brew/events';
import { dataOf, type Projection, timestamp } from '../projection.ts';

/**
 * Sales by cafe and hour. An order is sold when it is delivered: then it is paid for good, and it counts in the
 * hour of the delivery (UTC), with the total it was placed with. One that is cancelled is never delivered.
 */
export const projectSales: Projection = {
  name: 'sales',
  events: [OrderPlaced, OrderDelivered],

  async apply(tx, batch) {
    const facts = [
      ...dataOf(batch, OrderPlaced).map(({ orderId, cafeId, total }) => ({ orderId, cafeId, ...total })),
      ...dataOf(batch, OrderDelivered).map(({ orderId, deliveredAt }) => ({
        orderId,
        deliveredAt: timestamp(deliveredAt),
      })),
    ];
    // Counted is what became sold by this very statement. Rows are locked in the order of their keys, so two
    // instances that meet here wait for each other, but never in a circle.
    await tx.query(
      `with facts as (
         select "orderId" as order_id, min("cafeId") as cafe_id, min(amount) as amount, min(currency) as currency,
                min("deliveredAt") as delivered_at
         from jsonb_to_recordset($1::jsonb) as fact(
           "orderId" text, "cafeId" text, amount bigint, currency text, "deliveredAt" timestamptz)
         group by "orderId"
       ), changed as (
         insert into sales_orders as known (order_id, cafe_id, amount, currency, delivered_at)
         select * from facts order by order_id
         on conflict (order_id) do update set
           cafe_id = coalesce(known.cafe_id, excluded.cafe_id),
           amount = coalesce(known.amount, excluded.amount),
           currency = coalesce(known.currency, excluded.currency),
           delivered_at = coalesce(known.delivered_at, excluded.delivered_at)
         returning new.*, old.sold as was_sold
       )
       insert into sales_by_hour as total (cafe_id, hour, currency, partition, orders, amount)
       select cafe_id, date_trunc('hour', delivered_at, 'UTC') as hour, currency, $2::int, count(*), sum(amount)
       from changed
       where sold and was_sold is not true
       group by cafe_id, hour, currency
       order by cafe_id, hour, currency
       on conflict (cafe_id, hour, currency, partition) do update set
         orders = total.orders + excluded.orders,
         amount = total.amount + excluded.amount`,
      [JSON.stringify(facts), batch.partition],
    );
  },
};
