import type { Tx } from '@brew/postgres';
import type { Allocation, Reservation } from '../domain/allocate.ts';

/** What is kept for orders and can be given back: each once, so nobody else gets it until the transaction ends. */
export async function heldFor(tx: Tx, orderIds: readonly string[]): Promise<Reservation[]> {
  if (orderIds.length === 0) return [];
  const { rows } = await tx.query<Reservation>({
    name: 'held-for',
    text: `select order_id as "orderId", cafe_id as "cafeId", items
           from reservations where order_id = any($1) and released_at is null
           order by order_id
           for update`,
    values: [orderIds],
  });
  return rows;
}

/**
 * Writes down what was decided, in one statement. What is released stays as it was reserved, and is marked.
 * @throws when an order already has a reservation
 */
export async function storeAllocation(tx: Tx, { changes, made, released }: Allocation): Promise<void> {
  if (made.length + released.length === 0) return;
  await tx.query({
    name: 'store-allocation',
    text: `with moved as (
             update stock set available = available + by
             from unnest($1::text[], $2::text[], $3::int[]) as change (cafe_id, sku, by)
             where stock.cafe_id = change.cafe_id and stock.sku = change.sku
           ), made as (
             insert into reservations (order_id, cafe_id, items, reserved_at, released_at)
             select "orderId", "cafeId", items, now(), case when released then now() end
             from jsonb_to_recordset($4) as made ("orderId" text, "cafeId" text, items jsonb, released boolean)
           )
           update reservations set released_at = now() where order_id = any($5)`,
    values: [
      changes.map(({ cafeId }) => cafeId),
      changes.map(({ sku }) => sku),
      changes.map(({ by }) => by),
      JSON.stringify(made),
      released,
    ],
  });
}
