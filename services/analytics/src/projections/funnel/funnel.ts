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
  version: 1,
  events: Object.values(eventOf),
  tables: new URL('./tables.sql', import.meta.url),
  columns: { steps: 'steps', reason: 'text' },
  summary: {
    by: 'step',
    sql: `select concat_ws(', ', step, nullif(reason, '')) as what, orders::float8 from counts`,
  },

  begin(columns) {
    const counts = new Map<string, { step: Step; reason: string; orders: number }>();
    const take = (order: number, step: Step) => columns.steps.take(order, bitOf(step));
    const withoutData = (step: Step): Take =>
      on(eventOf[step] as events.EventType, {}, (order) => take(order, step));

    return {
      takes: [
        ...steps.filter((step) => step !== 'cancelled').map(withoutData),
        on(events.OrderCancelled, { reason: true }, (order, { reason }) => {
          take(order, 'cancelled');
          columns.reason.take(order, reason);
        }),
      ],
      reached: (order) => columns.steps.get(order),
      count(order, newly) {
        for (const step of steps) {
          if ((newly & bitOf(step)) === 0) continue;
          const reason = step === 'cancelled' ? (columns.reason.get(order) ?? '') : '';
          const key = `${step}\0${reason}`;
          const counted = counts.get(key) ?? { step, reason, orders: 0 };
          counted.orders += 1;
          counts.set(key, counted);
        }
      },
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
