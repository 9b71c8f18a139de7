import { OrderPlaced } from '@brew/events';
import { defineProjection, hourOf, on } from '../projection.ts';

const PLACED = 1;

/** What people want to drink, by the hour (UTC): the drinks of all orders that were placed in it, whatever became of them. */
export const topDrinks = defineProjection({
  name: 'top_drinks',
  version: 3,
  events: [OrderPlaced],
  tables: new URL('./tables.sql', import.meta.url),
  time: 'hour',
  columns: { placed: 'steps' },
  compared: {
    by: 'drink',
    keys: ['sku'],
    numbers: { quantity: 'quantity', orders: 'orders' },
    rows: (schema, hour) =>
      `select ${hour} as hour, sku, (array_agg(name order by named_at desc, name desc))[1] as name,
              max(named_at) as named_at, sum(quantity) as quantity, sum(orders) as orders
       from ${schema}.counts where hour >= $1 group by 1, 2`,
  },

  begin({ placed }) {
    interface Line {
      sku: string;
      name: string;
      category: string;
      quantity: number;
    }
    interface Count {
      hour: number;
      sku: string;
      name: string;
      namedAt: number;
      quantity: number;
      orders: number;
    }
    const counts = new Map<string, Count>();

    /** What it is called may change: the last name counts, whatever the order in which events are read. */
    function add({ sku, name, quantity }: Line, namedAt: number, isFirst: boolean): void {
      const hour = hourOf(namedAt);
      const key = `${hour}\0${sku}`;
      const count = counts.get(key) ?? { hour, sku, name, namedAt, quantity: 0, orders: 0 };
      if (namedAt > count.namedAt || (namedAt === count.namedAt && name > count.name)) {
        count.name = name;
        count.namedAt = namedAt;
      }
      count.quantity += quantity;
      if (isFirst) count.orders += 1;
      counts.set(key, count);
    }

    return {
      takes: [
        on(
          OrderPlaced,
          { items: { sku: true, name: true, category: true, quantity: true }, placedAt: true },
          (order, { items, placedAt }) => {
            if (!placed.take(order, PLACED)) return;
            const drinks = items.filter(({ category }) => category === 'drink');
            for (const [index, drink] of drinks.entries()) {
              // An order may have the same drink on two lines.
              add(drink, placedAt, drinks.findIndex(({ sku }) => sku === drink.sku) === index);
            }
          },
        ),
      ],
      drain(schema) {
        if (counts.size === 0) return undefined;
        const rows = [...counts.values()];
        counts.clear();
        return {
          text: `insert into ${schema}.counts as total (hour, sku, name, named_at, quantity, orders)
           select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[])
           on conflict (hour, sku) do update set
             name = case when (excluded.named_at, excluded.name) > (total.named_at, total.name)
                         then excluded.name else total.name end,
             named_at = greatest(total.named_at, excluded.named_at),
             quantity = total.quantity + excluded.quantity,
             orders = total.orders + excluded.orders`,
          values: [
            rows.map(({ hour }) => new Date(hour)),
            rows.map(({ sku }) => sku),
            rows.map(({ name }) => name),
            rows.map(({ namedAt }) => new Date(namedAt)),
            rows.map(({ quantity }) => quantity),
            rows.map(({ orders }) => orders),
          ],
        };
      },
    };
  },
});
