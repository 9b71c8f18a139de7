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

/** A place in their list: since when an order is under way, in microseconds, and its id. It holds also when the order has ended. */
export const placePattern = /^(\d{1,16})_([0-9a-f-]{36})$/;

/**
 * Those that have been paid for the longest, with for how many seconds, and the place of each.
 * @param after begins behind this place
 */
export async function listOverdue(
  tx: Tx,
  afterSeconds: number,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<(StoredOrder & { paidForSeconds: number; place: string })[]> {
  const [, since = '0', orderId = ''] = placePattern.exec(after) ?? [];
  const { rows } = await tx.query<OrderRow & { paid_for: number; place: string }>(
    `select *, extract(epoch from now() - under_way_since)::int as paid_for,
            (extract(epoch from under_way_since) * 1000000)::bigint || '_' || order_id as place
     from orders
     where ${OVERDUE}
       and (under_way_since, order_id) > (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3)
     order by under_way_since, order_id limit $4`,
    [afterSeconds, since, orderId, limit],
  );
  return rows.map((row) => ({ ...fromRow(row), paidForSeconds: row.paid_for, place: row.place }));
}

export async function isOverdue(tx: Tx, afterSeconds: number, orderId: string): Promise<boolean> {
  const { rowCount } = await tx.query(`select from orders where ${OVERDUE} and order_id = $2`, [
    afterSeconds,
    orderId,
  ]);
  return rowCount === 1;
}
