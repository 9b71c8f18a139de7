import type { Tx } from '@brew/postgres';

/** What sales are summed by. */
export type Period = 'hour' | 'day';

export interface SalesFilter {
  /** Hours that begin at or after it. */
  from: Date;
  /** Hours that begin before it. */
  to: Date;
  by?: Period;
  cafeId?: string | undefined;
}

export interface Sales {
  cafeId: string;
  /** When the hour or the day begins, UTC. */
  begins: Date;
  orders: number;
  amount: number;
  currency: string;
}

/** What each cafe sold in each hour or day, in their order; those without a sale are left out. */
export async function reportSales(db: Tx, filter: SalesFilter): Promise<Sales[]> {
  const { from, to, by = 'hour', cafeId } = filter;
  // pg hands bigint and numeric over as text. Doubles are exact up to 2^53 minor units.
  const { rows } = await db.query<Sales>(
    `select cafe_id as "cafeId", date_trunc($4, hour, 'UTC') as begins, currency,
            sum(orders)::float8 as orders, sum(amount)::float8 as amount
     from sales.by_hour
     where hour >= $1 and hour < $2 and ($3::text is null or cafe_id = $3)
     group by begins, cafe_id, currency
     order by begins, cafe_id, currency`,
    [from, to, cafeId, by],
  );
  return rows;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** How many days make a portion: some 2,000 rows of 80 cafes. */
const PORTION_DAYS = { hour: 1, day: 28 };

/** The same in portions, each a query of its own: a caller who reads slowly keeps neither rows nor a connection. */
export async function* salesInPortions(
  db: Tx,
  { from, to, by, ...filter }: SalesFilter & { by: Period },
): AsyncGenerator<Sales[]> {
  for (let begin = from; begin < to; ) {
    const midnight = Math.floor(begin.getTime() / DAY_MS) * DAY_MS; // so that no day is in two portions
    const end = new Date(Math.min(midnight + PORTION_DAYS[by] * DAY_MS, to.getTime()));
    yield await reportSales(db, { from: begin, to: end, by, ...filter });
    begin = end;
  }
}
