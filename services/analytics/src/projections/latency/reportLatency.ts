import type { Tx } from '@brew/postgres';
import { type Stage, stages } from './latency.ts';

/** Percentiles of a duration, in milliseconds, to half a percent; null when no order has got that far. */
interface Percentiles {
  orders: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export type Latencies = Record<Stage, Percentiles>;

const NONE: Percentiles = { orders: 0, p50: null, p95: null, p99: null };

/** How long orders that were placed in the minutes that begin in a time range took from then to each stage. */
export async function reportLatency(db: Tx, { from, to }: { from: Date; to: Date }): Promise<Latencies> {
  const percentile = (part: number) => `min(ms) filter (where so_far >= ${part} * total)`;
  const { rows } = await db.query<Percentiles & { stage: Stage }>(
    `with durations as (
       select stage, ms, sum(orders) as orders from latency.durations
       where minute >= $1 and minute < $2 group by stage, ms
     ), ranked as (
       select stage, ms, sum(orders) over (partition by stage order by ms) as so_far,
              sum(orders) over (partition by stage) as total
       from durations
     )
     select stage, max(total)::float8 as orders, ${percentile(0.5)} as p50, ${percentile(0.95)} as p95, ${percentile(0.99)} as p99
     from ranked group by stage`,
    [from, to],
  );
  const found = new Map(rows.map(({ stage, ...percentiles }) => [stage, percentiles]));
  return Object.fromEntries(stages.map((stage) => [stage, found.get(stage) ?? NONE])) as Latencies;
}
