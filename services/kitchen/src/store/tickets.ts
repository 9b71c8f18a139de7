import type { Tx } from '@brew/postgres';
import type { Ticket } from '../domain/ticket.ts';

/** What other services' events tell about an order; the names are those of the columns. */
interface Facts {
  cafe_id: string;
  customer: string;
  items: string;
  preparation_seconds: number;
  placed_at: Date;
  paid_at: Date;
  cancellation_requested_at: Date;
  cancelled_at: Date;
  cause_id: string;
  traceparent: string | undefined;
}

/**
 * Writes facts down, whether the order's other events have come before or not. The row stays locked until the
 * transaction ends, so what is decided from the returned ticket holds.
 */
export async function record(tx: Tx, orderId: string, facts: Partial<Facts>): Promise<Ticket> {
  const columns = Object.keys(facts);
  const { rows } = await tx.query<Ticket>(
    `insert into tickets (order_id, ${columns.join(', ')})
     values ($1, ${columns.map((_, index) => `$${index + 2}`).join(', ')})
     on conflict (order_id) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
     returning order_id as "orderId", cafe_id as "cafeId", stage,
               cancellation_requested_at is not null as "cancellationRequested"`,
    [orderId, ...Object.values(facts)],
  );
  return rows[0] as Ticket;
}

/** Ends a ticket before it began: it will never be started. */
export async function drop(tx: Tx, orderId: string, droppedAt: Date): Promise<void> {
  await tx.query('update tickets set dropped_at = $2 where order_id = $1', [orderId, droppedAt]);
}
