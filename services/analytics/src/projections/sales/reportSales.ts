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
  // Sums of bigint are numeric, which pg hands over as text. Doubles are exact up to 2^53 minor units.
  const { rows } = await db.query<Sales>(
    `select cafe_id as "cafeId", hour, sum(orders)::float8 as orders, sum(amount)::float8 as amount, currency
     from sales_by_hour
     where hour >= $1 and hour < $2 and ($3::text is null or cafe_id = $3)
     group by cafe_id, hour, currency
     order by hour, cafe_id, currency`,
    [from, to, cafeId],
  );
  return rows;
}
