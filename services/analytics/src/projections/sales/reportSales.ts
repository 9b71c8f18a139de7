import type { Tx } from '@brew/postgres';

export interface SalesFilter {
  /** Hours that begin at or after it. */
  from: Date;
  /** Hours that begin before it. */
  to: Date;
  cafeId?: string | undefined;
}

export interface Sales {
  cafeId: string;
  hour: Date;
  orders: number;
  amount: number;
  currency: string;
}

/** What each cafe sold in each hour; hours without a sale are left out. */
export async function reportSales(db: Tx, { from, to, cafeId }: SalesFilter): Promise<Sales[]> {
  // pg hands bigint and numeric over as text. Doubles are exact up to 2^53 minor units.
  const { rows } = await db.query<Sales>(
    `select cafe_id as "cafeId", hour, orders::float8, amount::float8, currency
     from sales.by_hour
     where hour >= $1 and hour < $2 and ($3::text is null or cafe_id = $3)
     order by hour, cafe_id, currency`,
    [from, to, cafeId],
  );
  return rows;
}
