import { OrderPlaced } from '@brew/events';
import { defineProjection, on } from '../projection.ts';

const PLACED = 1;

/** What people want to drink: the drinks of all orders that were placed, whatever became of them. */
export const topDrinks = defineProjection({
  name: 'top_drinks',
  version: 2,
  events: [OrderPlaced],
  tables: new URL('./tables.sql', import.meta.url),
  columns: { placed: 'steps' },
  summary: {
    by: 'drink',
    sql: 'select sku as what, quantity::float8, orders::float8 from counts',
  },

  begin({ placed }) {
    interface Line {
      sku: string;
      name: string;
      category: string;
      quantity: number;
    }
    interface Count {
      name: string;
      namedAt: number;
      quantity: number;
      orders: number;
    }
    const counts = new Map<string, Count>();

    /** What it is called may change: the last name counts, whatever the order in which events are read. */
    function add({ sku, name, quantity }: Line, namedAt: number, isFirst: boolean): void {
      const count = counts.get(sku) ?? { name, namedAt, quantity: 0, orders: 0 };
      if (namedAt > count.namedAt || (namedAt === count.namedAt && name > count.name)) {
        count.name = name;
        count.namedAt = namedAt;
      }
      count.quantity += quantity;
      if (isFirst) count.orders += 1;
      counts.set(sku, count);
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
        const rows = [...counts];
        counts.clear();
        return {
          text: `insert into ${schema}.counts as total (sku, name, named_at, quantity, orders)
           select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[])
           on conflict (sku) do update set
             name = case when (excluded.named_at, excluded.name) > (total.named_at, total.name)
                         then excluded.name else total.name end,
             named_at = greatest(total.named_at, excluded.named_at),
             quantity = total.quantity + excluded.quantity,
             orders = total.orders + excluded.orders`,
          values: [
            rows.map(([sku]) => sku),
            rows.map(([, { name }]) => name),
            rows.map(([, { namedAt }]) => new Date(namedAt)),
            rows.map(([, { quantity }]) => quantity),
            rows.map(([, { orders }]) => orders),
          ],
        };
      },
    };
  },
});
