import * as events from '@brew/events';
import { defineProjection, hourOf, on } from '../projection.ts';

/** The steps that an order can take, in the order of their bits. */
const steps = [
  ...(['placed', 'stockReserved', 'paid', 'started', 'ready', 'assigned'] as const),
  ...(['delivered', 'cancelled', 'refunded'] as const),
];
export type Step = (typeof steps)[number];

const bitOf = (step: Step) => 1 << steps.indexOf(step);

/** How many orders took each step in each hour (UTC), and why they were cancelled. */
export const funnel = defineProjection({
  name: 'funnel',
  version: 3,
  events: [
    ...[events.OrderPlaced, events.StockReserved, events.PaymentReceived, events.KitchenStarted],
    ...[events.OrderReady, events.CourierAssigned, events.OrderDelivered, events.OrderCancelled],
    events.PaymentRefunded,
  ],
  tables: new URL('./tables.sql', import.meta.url),
  time: 'hour',
  columns: { steps: 'steps' },
  compared: {
    by: 'step',
    keys: ['step', 'reason'],
    numbers: { orders: 'orders' },
    rows: (schema, hour) =>
      `select ${hour} as hour, step, reason, sum(orders) as orders
       from ${schema}.counts where hour >= $1 group by 1, 2, 3`,
  },

  begin(columns) {
    const counts = new Map<string, { hour: number; step: Step; reason: string; orders: number }>();
    function count(order: number, step: Step, at: number, reason = ''): void {
      if (!columns.steps.take(order, bitOf(step))) return;
      const hour = hourOf(at);
      const key = `${hour}\0${step}\0${reason}`;
      const counted = counts.get(key);
      if (counted) counted.orders += 1;
      else counts.set(key, { hour, step, reason, orders: 1 });
    }

    return {
      takes: [
        on(events.OrderPlaced, { placedAt: true }, (order, at) => count(order, 'placed', at.placedAt)),
        on(events.StockReserved, { reservedAt: true }, (order, at) =>
          count(order, 'stockReserved', at.reservedAt),
        ),
        on(events.PaymentReceived, { receivedAt: true }, (order, at) => count(order, 'paid', at.receivedAt)),
        on(events.KitchenStarted, { startedAt: true }, (order, at) => count(order, 'started', at.startedAt)),
        on(events.OrderReady, { readyAt: true }, (order, at) => count(order, 'ready', at.readyAt)),
        on(events.CourierAssigned, { assignedAt: true }, (order, at) =>
          count(order, 'assigned', at.assignedAt),
        ),
        on(events.OrderDelivered, { deliveredAt: true }, (order, at) =>
          count(order, 'delivered', at.deliveredAt),
        ),
        on(events.OrderCancelled, { cancelledAt: true, reason: true }, (order, { cancelledAt, reason }) =>
          count(order, 'cancelled', cancelledAt, reason),
        ),
        on(events.PaymentRefunded, { refundedAt: true }, (order, at) =>
          count(order, 'refunded', at.refundedAt),
        ),
      ],
      drain(schema) {
        if (counts.size === 0) return undefined;
        const rows = [...counts.values()];
        counts.clear();
        return {
          text: `insert into ${schema}.counts as total (hour, step, reason, orders)
           select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::bigint[])
           on conflict (hour, step, reason) do update set orders = total.orders + excluded.orders`,
          values: [
            rows.map(({ hour }) => new Date(hour)),
            rows.map(({ step }) => step),
            rows.map(({ reason }) => reason),
            rows.map(({ orders }) => orders),
          ],
        };
      },
    };
  },
});
