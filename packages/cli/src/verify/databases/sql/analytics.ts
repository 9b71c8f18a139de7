import type { Database } from '@brew/postgres';
import { ms } from '../book.ts';

/** A line of a report: what it is about, in which hour, and numbers. */
interface ReportLine {
  what: string;
  /** When it begins, in milliseconds; -Infinity: at whatever time. */
  hour: number;
  values: number[];
}

/** A report as it was at one moment, and up to which records. */
export interface StoredReport {
  /** The next offset by partition, `TOPIC/PARTITION`. */
  positions: Map<string, number>;
  /** What happened before may stand under any hour before it: it was not kept by the hour then. -Infinity: all is. */
  hoursSince: number;
  lines: ReportLine[];
}

/**
 * Sums over the tables of a generation, by the hour. The first column names the line, the second is its hour, the others are numbers. Latencies are kept by
 * the minute or, if they are old, by the hour; their sum is of what was kept of each, which is rounded.
 */
const reports = {
  sales: `select cafe_id || ', ' || currency as what, hour, sum(orders)::float8 as orders, sum(amount)::float8 as amount
          from by_hour group by cafe_id, currency, hour`,
  funnel: `select concat_ws(', ', step, nullif(reason, '')) as what, hour, sum(orders)::float8 as orders
           from counts group by step, reason, hour`,
  top_drinks: `select sku as what, hour, sum(quantity)::float8 as quantity, sum(orders)::float8 as orders
               from counts group by sku, hour`,
  latency: `select stage as what, date_trunc('hour', minute, 'UTC') as hour, sum(orders)::float8 as orders, sum(ms::bigint * orders)::float8 as ms
            from durations group by stage, date_trunc('hour', minute, 'UTC')`,
} as const;

export type ReportName = keyof typeof reports;
export const reportNames = Object.keys(reports) as ReportName[];

/** Latencies of a busy month are some million rows. */
const REPORT_MS = 120_000;

/** What the live generations have counted, and which records that is. Those that have none are left out. */
export function storedReports(db: Database): Promise<Map<ReportName, StoredReport>> {
  return db.transaction(
    async (tx) => {
      await tx.query('set transaction isolation level repeatable read, read only');
      const found = new Map<ReportName, StoredReport>();
      for (const name of reportNames) {
        const { rows: live } = await tx.query<{ number: number; hoursSince: number | null }>(
          `select number, ${ms('hours_since')} as "hoursSince" from generations where projection = $1 and state = 'live'`,
          [name],
        );
        if (!live[0]) continue;
        await tx.query(`set local search_path to ${name}_g${live[0].number}`);
        const { rows: places } = await tx.query<{ place: string; next: string }>(
          `select topic || '/' || partition as place, next_offset as next from positions`,
        );
        const { rows } = await tx.query<Record<string, number> & { what: string; hour: number }>(
          `select report.*, ${ms('hour')} as hour from (${reports[name]}) as report`,
        );
        await tx.query('set local search_path to default');
        found.set(name, {
          positions: new Map(places.map(({ place, next }) => [place, Number(next)])),
          hoursSince: live[0].hoursSince ?? Number.NEGATIVE_INFINITY,
          lines: rows.map(({ what, hour, ...values }) => ({ what, hour, values: Object.values(values) })),
        });
      }
      return found;
    },
    { statementMs: REPORT_MS },
  );
}
