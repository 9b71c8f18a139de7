import type { Tx } from '@brew/postgres';
import type { Step } from './funnel.ts';

export interface StepCount {
  step: Step;
  /** Why the orders were cancelled; '' for every other step. */
  reason: string;
  orders: number;
}

/** How many orders took each step in the hours that begin in a time range. */
export async function reportFunnel(db: Tx, { from, to }: { from: Date; to: Date }): Promise<StepCount[]> {
  const { rows } = await db.query<StepCount>(
    `select step, reason, sum(orders)::float8 as orders from funnel.counts
     where hour >= $1 and hour < $2 group by step, reason`,
    [from, to],
  );
  return rows;
}
