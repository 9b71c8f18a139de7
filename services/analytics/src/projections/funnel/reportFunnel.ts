import type { Tx } from '@brew/postgres';
import type { Step } from './funnel.ts';

export interface StepCount {
  step: Step;
  /** Why the orders were cancelled; '' for every other step. */
  reason: string;
  orders: number;
}

/** How many orders took each step, since the beginning. */
export async function reportFunnel(db: Tx): Promise<StepCount[]> {
  const { rows } = await db.query<StepCount>(
    'select step, reason, sum(orders)::float8 as orders from funnel.counts group by step, reason',
  );
  return rows;
}
