import { KitchenStarted, OrderDelivered, OrderPlaced, OrderReady, PaymentReceived } from '@brew/events';
import { defineProjection, on } from '../projection.ts';

/** What the report tells the time to. */
export const stages = ['paid', 'started', 'ready', 'delivered'] as const;
export type Stage = (typeof stages)[number];

const MINUTE_MS = 60_000;
/** 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** How long orders took to each stage, by the minute in which they were placed. */
export const latency = defineProjection({
  name: 'latency',
  version: 2,
  events: [OrderPlaced, PaymentReceived, KitchenStarted, OrderReady, OrderDelivered],
  tables: new URL('./tables.sql', import.meta.url),
  time: 'minute',
  columns: { placed: 'number', paid: 'number', started: 'number', ready: 'number', delivered: 'number' },
  compared: {
    by: 'stage',
    keys: ['stage'],
    numbers: { times: 'orders', seconds: 'ms * orders / 1000.0' },
    rows: (schema, hour) =>
      `select ${hour} as hour, stage, ms, sum(orders) as orders
       from ${schema}.durations where minute >= $1 group by 1, 2, 3`,
  },

  begin(columns) {
    /** By minute and stage in one number, then by milliseconds. */
    const counts = new Map<number, Map<number, number>>();

    function count(order: number, index: number, at: number): void {
      const placedAt = columns.placed.get(order);
      if (Number.isNaN(placedAt)) return;
      const key = Math.floor(placedAt / MINUTE_MS) * stages.length + index;
      const durations = counts.get(key) ?? new Map<number, number>();
      counts.set(key, durations);
      const ms = roughly(Math.min(Math.max(0, at - placedAt), LONGEST_MS));
      durations.set(ms, (durations.get(ms) ?? 0) + 1);
    }
    /** Its events come in any order. */
    function countAll(order: number): void {
      for (const [index, stage] of stages.entries()) {
        const at = columns[stage].get(order);
        if (!Number.isNaN(at)) count(order, index, at);
      }
    }
    function reach(order: number, stage: Stage, at: number): void {
      if (columns[stage].take(order, at)) count(order, stages.indexOf(stage), at);
    }

    return {
      takes: [
        on(OrderPlaced, { placedAt: true }, (order, { placedAt }) => {
          if (columns.placed.take(order, placedAt)) countAll(order);
        }),
        on(PaymentReceived, { receivedAt: true }, (order, data) => reach(order, 'paid', data.receivedAt)),
        on(KitchenStarted, { startedAt: true }, (order, data) => reach(order, 'started', data.startedAt)),
        on(OrderReady, { readyAt: true }, (order, data) => reach(order, 'ready', data.readyAt)),
        on(OrderDelivered, { deliveredAt: true }, (order, data) =>
          reach(order, 'delivered', data.deliveredAt),
        ),
      ],
      joins: {
        lacks: (order) =>
          Number.isNaN(columns.placed.get(order)) && !Number.isNaN(columns.delivered.get(order)),
        make: countAll,
      },
      drain(schema) {
        if (counts.size === 0) return undefined;
        const rows = [...counts].flatMap(([key, durations]) => {
          const minute = new Date(Math.floor(key / stages.length) * MINUTE_MS);
          const stage = stages[key % stages.length];
          return [...durations].map(([ms, orders]) => ({ minute, stage, ms, orders }));
        });
        counts.clear();
        return {
          text: `insert into ${schema}.durations as total (minute, stage, ms, orders)
           select * from unnest($1::timestamptz[], $2::text[], $3::int[], $4::bigint[])
           on conflict (minute, stage, ms) do update set orders = total.orders + excluded.orders`,
          values: [
            rows.map(({ minute }) => minute),
            rows.map(({ stage }) => stage),
            rows.map(({ ms }) => ms),
            rows.map(({ orders }) => orders),
          ],
        };
      },
    };
  },
});

/** To 8 significant bits: less than half a percent off, and few enough values that many orders have the same. */
function roughly(ms: number): number {
  const unit = 2 ** Math.max(0, 24 - Math.clz32(ms));
  return Math.min(Math.round(ms / unit) * unit, LONGEST_MS);
}
