import { KitchenStarted, OrderDelivered, OrderPlaced, OrderReady, PaymentReceived } from '@brew/events';
import { defineProjection, on } from '../projection.ts';

/** When each order reached each stage; the report works out from it how long that took. */
export const latency = defineProjection({
  name: 'latency',
  version: 1,
  events: [OrderPlaced, PaymentReceived, KitchenStarted, OrderReady, OrderDelivered],
  tables: new URL('./tables.sql', import.meta.url),
  columns: { placedAt: 'time', paidAt: 'time', startedAt: 'time', readyAt: 'time', deliveredAt: 'time' },
  summary: {
    by: 'day',
    // Of orders that have ended: those under way are written a little later.
    sql: `select to_char(delivered_at at time zone 'UTC', 'YYYY-MM-DD') as what, count(*)::float8 as orders,
                 coalesce(sum(extract(epoch from delivered_at - placed_at)), 0)::float8 as seconds
          from orders where delivered_at is not null group by what`,
  },

  begin({ placedAt, paidAt, startedAt, readyAt, deliveredAt }) {
    return {
      takes: [
        on(OrderPlaced, { placedAt: true }, (order, data) => placedAt.take(order, data.placedAt)),
        on(PaymentReceived, { receivedAt: true }, (order, data) => paidAt.take(order, data.receivedAt)),
        on(KitchenStarted, { startedAt: true }, (order, data) => startedAt.take(order, data.startedAt)),
        on(OrderReady, { readyAt: true }, (order, data) => readyAt.take(order, data.readyAt)),
        on(OrderDelivered, { deliveredAt: true }, (order, data) => deliveredAt.take(order, data.deliveredAt)),
      ],
      // The orders themselves are the report.
      reached: () => 0,
      count() {},
      drain: () => undefined,
    };
  },
});
