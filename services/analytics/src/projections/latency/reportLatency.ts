import type { Tx } from '@brew/postgres';

/** Percentiles of a duration, in milliseconds; null when no order has got that far. */
interface Percentiles {
  orders: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Latencies {
  paid: Percentiles;
  started: Percentiles;
  ready: Percentiles;
  delivered: Percentiles;
}

const stages = ['paid', 'started', 'ready', 'delivered'] as const;

/** How long orders placed in a time range took from being placed to each stage. */
export async function reportLatency(db: Tx, { from, to }: { from: Date; to: Date }): Promise<Latencies> {
  const columns = stages.map(
    (stage) => `jsonb_build_object(
      'orders', count(${stage}_at),
      'percentiles', percentile_cont(array[0.5, 0.95, 0.99]) within group (
        order by extract(epoch from ${stage}_at - placed_at) * 1000)) as ${stage}`,
  );
  type Row = Record<keyof Latencies, { orders: number; percentiles: [number, number, number] | null }>;
  const { rows } = await db.query<Row>(
    `select ${columns.join(', ')} from latency.orders where placed_at >= $1 and placed_at < $2`,
    [from, to],
  );
  const row = rows[0] as Row;
  const percentiles = (stage: keyof Latencies): Percentiles => {
    const [p50, p95, p99] = row[stage].percentiles?.map(Math.round) ?? [];
    return { orders: row[stage].orders, p50: p50 ?? null, p95: p95 ?? null, p99: p99 ?? null };
  };
  return {
    paid: percentiles('paid'),
    started: percentiles('started'),
    ready: percentiles('ready'),
    delivered: percentiles('delivered'),
  };
}
