import type { Tx } from '@brew/postgres';
import { fromRow, type OrderRow, type StoredOrder } from './orderRow.ts';

/** Paid so long ago, by the database's clock, and neither delivered nor cancelled. `$1`: seconds. */
const OVERDUE = 'under_way_since <= now() - make_interval(secs => $1)';

/** @returns how many there are, and for how many seconds the longest has been paid (0: there is none) */
export async function countOverdue(
  tx: Tx,
  afterSeconds: number,
): Promise<{ count: number; longestSeconds: number }> {
  const { rows } = await tx.query<{ count: number; longestSeconds: number }>(
    `select count(*)::int as count,
            coalesce(extract(epoch from now() - min(under_way_since)), 0)::int as "longestSeconds"
     from orders where ${OVERDUE}`,
    [afterSeconds],
  );
  return rows[0] ?? { count: 0, longestSeconds: 0 };
}

/** Those that have been paid for the longest, with for how many seconds. */
export async function listOverdue(
  tx: Tx,
  afterSeconds: number,
  limit: number,
): Promise<(StoredOrder & { paidForSeconds: number })[]> {
  const { rows } = await tx.query<OrderRow & { paid_for: number }>(
    `select *, extract(epoch from now() - under_way_since)::int as paid_for
     from orders where ${OVERDUE} order by under_way_since limit $2`,
    [afterSeconds, limit],
  );
  return rows.map((row) => ({ ...fromRow(row), paidForSeconds: row.paid_for }));
}

export async function isOverdue(tx: Tx, afterSeconds: number, orderId: string): Promise<boolean> {
  const { rowCount } = await tx.query(`select from orders where ${OVERDUE} and order_id = $2`, [
    afterSeconds,
    orderId,
  ]);
  return rowCount === 1;
}
