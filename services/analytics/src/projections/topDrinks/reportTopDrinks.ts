import type { Tx } from '@brew/postgres';

export interface Drink {
  sku: string;
  name: string;
  quantity: number;
  /** How many orders had it. */
  orders: number;
}

/** The drinks most wanted in the hours that begin in a time range, the most wanted first. */
export async function reportTopDrinks(
  db: Tx,
  { from, to, limit }: { from: Date; to: Date; limit: number },
): Promise<Drink[]> {
  const { rows } = await db.query<Drink>(
    `select sku, (array_agg(name order by named_at desc, name desc))[1] as name,
            sum(quantity)::float8 as quantity, sum(orders)::float8 as orders
     from top_drinks.counts where hour >= $1 and hour < $2
     group by sku order by sum(quantity) desc, sku limit $3`,
    [from, to, limit],
  );
  return rows;
}
