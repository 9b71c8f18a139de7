import { OrderDelivered, OrderPlaced } from '@brew/events';
import { defineProjection, hourOf, on } from '../projection.ts';

/**
 * Sales by cafe and hour. An order is sold when it is delivered: then it is paid for good, and it counts in the
 * hour of the delivery (UTC), with the total it was placed with. One that is cancelled is never delivered.
 */
export const sales = defineProjection({
  name: 'sales',
  version: 2,
  events: [OrderPlaced, OrderDelivered],
  tables: new URL('./tables.sql', import.meta.url),
  time: 'hour',
  columns: { cafeId: 'text', amount: 'number', currency: 'text', deliveredAt: 'number' },
  compared: {
    by: 'cafe',
    keys: ['cafe_id', 'currency'],
    numbers: { orders: 'orders', amount: 'amount' },
    rows: (schema, hour) =>
      `select ${hour} as hour, cafe_id, currency, sum(orders) as orders, sum(amount) as amount
       from ${schema}.by_hour where hour >= $1 group by 1, 2, 3`,
  },

  begin({ cafeId, amount, currency, deliveredAt }) {
    interface Total {
      cafe: string;
      hour: number;
      currency: string;
      orders: number;
      amount: number;
    }
    const totals = new Map<string, Total>();

    /** Its two events come in either order. */
    function countIfSold(order: number): void {
      const cafe = cafeId.get(order);
      const at = deliveredAt.get(order);
      if (cafe === undefined || Number.isNaN(at)) return;
      const of = { cafe, hour: hourOf(at), currency: currency.get(order) ?? '' };
      const key = `${of.cafe}\0${of.hour}\0${of.currency}`;
      const total = totals.get(key) ?? { ...of, orders: 0, amount: 0 };
      total.orders += 1;
      total.amount += amount.get(order);
      totals.set(key, total);
    }

    return {
      takes: [
        on(OrderPlaced, { cafeId: true, total: true }, (order, data) => {
          if (!cafeId.take(order, data.cafeId)) return;
          amount.take(order, data.total.amount);
          currency.take(order, data.total.currency);
          countIfSold(order);
        }),
        on(OrderDelivered, { deliveredAt: true }, (order, data) => {
          if (deliveredAt.take(order, data.deliveredAt)) countIfSold(order);
        }),
      ],
      joins: {
        lacks: (order) => cafeId.get(order) === undefined && !Number.isNaN(deliveredAt.get(order)),
        make: countIfSold,
      },
      drain(schema) {
        if (totals.size === 0) return undefined;
        const rows = [...totals.values()];
        totals.clear();
        return {
          text: `insert into ${schema}.by_hour as total (cafe_id, hour, currency, orders, amount)
           select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::numeric[])
           on conflict (cafe_id, hour, currency) do update set
             orders = total.orders + excluded.orders,
             amount = total.amount + excluded.amount`,
          values: [
            rows.map(({ cafe }) => cafe),
            rows.map(({ hour }) => new Date(hour)),
            rows.map(({ currency }) => currency),
            rows.map(({ orders }) => orders),
            rows.map(({ amount }) => amount),
          ],
        };
      },
    };
  },
});
