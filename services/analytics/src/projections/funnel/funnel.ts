import * as events from '@brew/events';
import { defineProjection, on, type Take } from '../projection.ts';

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
} satisfies Record<string, events.EventType>;

export type Step = keyof typeof eventOf;

const steps = Object.keys(eventOf) as Step[];
const bitOf = (step: Step) => 1 << steps.indexOf(step);

/** How many orders came how far, and why they were cancelled. */
export const funnel = defineProjection({
  name: 'funnel',
  version: 2,
  events: Object.values(eventOf),
  tables: new URL('./tables.sql', import.meta.url),
  columns: { steps: 'steps' },
  summary: {
    by: 'step',
    sql: `select concat_ws(', ', step, nullif(reason, '')) as what, orders::float8 from counts`,
  },

  begin(columns) {
    const counts = new Map<string, { step: Step; reason: string; orders: number }>();
    function count(order: number, step: Step, bit: number, reason: string): void {
      if (!columns.steps.take(order, bit)) return;
      const key = reason === '' ? step : `${step}\0${reason}`;
      const counted = counts.get(key);
      if (counted) counted.orders += 1;
      else counts.set(key, { step, reason, orders: 1 });
    }
    const withoutData = (step: Step): Take => {
      const bit = bitOf(step);
      return on(eventOf[step] as events.EventType, {}, (order) => count(order, step, bit, ''));
    };

    return {
      takes: [
        ...steps.filter((step) => step !== 'cancelled').map(withoutData),
        on(events.OrderCancelled, { reason: true }, (order, { reason }) =>
          count(order, 'cancelled', bitOf('cancelled'), reason),
        ),
      ],
      drain(schema) {
        if (counts.size === 0) return undefined;
        const rows = [...counts.values()];
        counts.clear();
        return {
          text: `insert into ${schema}.counts as total (step, reason, orders)
           select * from unnest($1::text[], $2::text[], $3::bigint[])
           on conflict (step, reason) do update set orders = total.orders + excluded.orders`,
          values: [
            rows.map(({ step }) => step),
            rows.map(({ reason }) => reason),
            rows.map(({ orders }) => orders),
          ],
        };
      },
    };
  },
});
