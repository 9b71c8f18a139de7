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
    `select sku, name, quantity::float8, orders::float8
     from top_drinks.counts order by counts.quantity desc, sku limit $1`,
    [limit],
  );
  return rows;
}
