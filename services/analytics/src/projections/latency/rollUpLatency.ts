import type { Tx } from '@brew/postgres';

/**
 * Turns the minutes of one hour into one row for each stage and duration: of the first hour after `after` that ended more than `keepDays` ago and still
 * has minutes. Reports of whole hours stay what they are, to the order.
 *
 * @returns when that hour begins; undefined: there is none
 */
export async function rollUpLatency(tx: Tx, keepDays: number, after: Date): Promise<Date | undefined> {
  const { rows } = await tx.query<{ hour: Date | null }>(
    `select date_trunc('hour', min(minute), 'UTC') as hour from latency.durations
     where minute > $2 and minute < date_trunc('hour', now() - $1 * interval '1 day', 'UTC')
       and minute <> date_trunc('hour', minute, 'UTC')`,
    [keepDays, after],
  );
  const hour = rows[0]?.hour ?? undefined;
  if (hour === undefined) return undefined;
  await tx.query(
    `with minutes as (
       delete from latency.durations where minute > $1 and minute < $1 + interval '1 hour' returning *
     )
     insert into latency.durations as total (minute, stage, ms, orders)
     select $1, stage, ms, sum(orders) from minutes group by stage, ms
     on conflict (minute, stage, ms) do update set orders = total.orders + excluded.orders`,
    [hour],
  );
  return hour;
}
