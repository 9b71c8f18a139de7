import type { Tx } from '@brew/postgres';

export interface Drink {
  sku: string;
  name: string;
  quantity: number;
  /** How many orders had it. */
  orders: number;
}

/** The drinks most wanted since the beginning, the most wanted first. */
export async function reportTopDrinks(db: Tx, limit: number): Promise<Drink[]> {
  const { rows } = await db.query<Drink>(
    `select sku, (array_agg(name order by named_at desc, name desc))[1] as name,
            sum(quantity)::float8 as quantity, sum(orders)::float8 as orders
     from top_drinks.counts group by sku order by sum(quantity) desc, sku limit $1`,
    [limit],
  );
  return rows;
}
