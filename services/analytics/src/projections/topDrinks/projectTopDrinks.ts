import { OrderPlaced } from '@brew/events';
import { dataOf, type Projection } from '../projection.ts';

/** What people want to drink: the drinks of all orders that were placed, whatever became of them. */
export const projectTopDrinks: Projection = {
  name: 'topDrinks',
  events: [OrderPlaced],

  async apply(tx, batch) {
    // By order, since a batch may hold the same order twice; its lines are added up below, once.
    const orders = new Map(dataOf(batch, OrderPlaced).map((order) => [order.orderId, order]));
    const drinks = [...orders.values()].flatMap(({ orderId, items }) =>
      items
        .filter(({ category }) => category === 'drink')
        .map(({ sku, name, quantity }) => ({ orderId, sku, name, quantity })),
    );
    // Counted is what this very statement added. Rows are locked in the order of their keys, so two instances
    // that meet here wait for each other, but never in a circle.
    await tx.query(
      `with fresh as (
         insert into drink_orders (order_id, sku, name, quantity)
         select "orderId", sku, max(name), sum(quantity)
         from jsonb_to_recordset($1::jsonb) as drink("orderId" text, sku text, name text, quantity int)
         group by "orderId", sku
         order by "orderId", sku
         on conflict do nothing
         returning sku, name, quantity
       )
       insert into drink_counts as total (sku, partition, name, quantity, orders)
       select sku, $2::int, max(name), sum(quantity), count(*) from fresh
       group by sku
       order by sku
       on conflict (sku, partition) do update set
         name = excluded.name,
         quantity = total.quantity + excluded.quantity,
         orders = total.orders + excluded.orders`,
      [JSON.stringify(drinks), batch.partition],
    );
  },
};
