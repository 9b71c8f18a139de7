import type { Database } from '@brew/postgres';

/** A line of a report: what it is about, and numbers. */
export interface ReportLine {
  what: string;
  values: number[];
}

/** A report as it was at one moment, and up to which records. */
export interface StoredReport {
  /** The next offset by partition, `TOPIC/PARTITION`. */
  positions: Map<string, number>;
  lines: ReportLine[];
}

/** Sums over the tables of a generation, whatever more they are parted by. The first column names the line, the others are numbers. */
const reports = {
  sales: `select cafe_id || ', ' || currency as what, sum(orders)::float8 as orders, sum(amount)::float8 as amount
          from by_hour group by cafe_id, currency`,
  funnel: `select concat_ws(', ', step, nullif(reason, '')) as what, sum(orders)::float8 as orders
           from counts group by step, reason`,
  top_drinks: `select sku as what, sum(quantity)::float8 as quantity, sum(orders)::float8 as orders
               from counts group by sku`,
} as const;

export type ReportName = keyof typeof reports;
export const reportNames = Object.keys(reports) as ReportName[];

/** What the live generations have counted, and which records that is. Those that have none are left out. */
export function storedReports(db: Database): Promise<Map<ReportName, StoredReport>> {
  return db.transaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    const found = new Map<ReportName, StoredReport>();
    for (const name of reportNames) {
      const { rows: live } = await tx.query<{ number: number }>(
        `select number from generations where projection = $1 and state = 'live'`,
        [name],
      );
      if (!live[0]) continue;
      await tx.query(`set local search_path to ${name}_g${live[0].number}`);
      const { rows: places } = await tx.query<{ place: string; next: string }>(
        `select topic || '/' || partition as place, next_offset as next from positions`,
      );
      const { rows } = await tx.query<Record<string, number> & { what: string }>(reports[name]);
      await tx.query('set local search_path to default');
      found.set(name, {
        positions: new Map(places.map(({ place, next }) => [place, Number(next)])),
        lines: rows.map(({ what, ...values }) => ({ what, values: Object.values(values) as number[] })),
      });
    }
    return found;
  });
}
