import type { Tx } from '@brew/postgres';
import type { Facts, Ticket } from '../domain/ticket.ts';

interface Recorded {
  /** As it was before these facts: incomplete, if there was none. */
  before: Ticket;
  /** Whether it is to be made, with these facts. */
  queued: boolean;
}

/**
 * Writes facts down, whether the orders' other events have come before or not. The rows stay locked until the
 * transaction ends, so what is decided from the returned tickets holds: a barista either had one before, or never
 * gets it once it is dropped.
 * @param facts one entry for each order; what is left out in it stays as it is
 */
export async function record(tx: Tx, facts: readonly Facts[]): Promise<Recorded[]> {
  const { rows } = await tx.query<Ticket & Pick<Recorded, 'queued'>>({
    name: 'record-facts', // named statements are planned once a connection: planning takes longer than running
    // DANGER: in the order of the ids. Two transactions that lock the same tickets in different orders would deadlock.
    text: `insert into tickets as known (order_id, cafe_id, customer, items, preparation_seconds, placed_at, paid_at,
             cancellation_requested_at, cancelled_at, cause_id, traceparent)
           select "orderId", "cafeId", customer, items, "preparationSeconds", "placedAt", "paidAt",
             "cancellationRequestedAt", "cancelledAt", cause->>'id', cause->>'traceparent'
           from jsonb_to_recordset($1::jsonb) as told("orderId" text, "cafeId" text, customer jsonb, items jsonb,
             "preparationSeconds" int, "placedAt" timestamptz, "paidAt" timestamptz,
             "cancellationRequestedAt" timestamptz, "cancelledAt" timestamptz, cause jsonb)
           order by "orderId"
           on conflict (order_id) do update set
             cafe_id = coalesce(excluded.cafe_id, known.cafe_id),
             customer = coalesce(excluded.customer, known.customer),
             items = coalesce(excluded.items, known.items),
             preparation_seconds = coalesce(excluded.preparation_seconds, known.preparation_seconds),
             placed_at = coalesce(excluded.placed_at, known.placed_at),
             paid_at = coalesce(excluded.paid_at, known.paid_at),
             cancellation_requested_at = coalesce(excluded.cancellation_requested_at, known.cancellation_requested_at),
             cancelled_at = coalesce(excluded.cancelled_at, known.cancelled_at),
             cause_id = coalesce(excluded.cause_id, known.cause_id),
             traceparent = case when excluded.cause_id is null then known.traceparent else excluded.traceparent end
           returning new.order_id as "orderId", old.cafe_id as "cafeId", coalesce(old.stage, 'incomplete') as stage,
             old.cancellation_requested_at is not null as "cancellationRequested", new.stage = 'queued' as queued`,
    values: [JSON.stringify(facts)],
  });
  return rows.map(({ queued, ...before }) => ({ before, queued }));
}

/** Ends tickets before they began: they will never be started. They were recorded in this transaction; those that are dropped already stay so. */
export async function drop(tx: Tx, tickets: readonly { orderId: string; droppedAt: Date }[]): Promise<void> {
  await tx.query(
    `update tickets set dropped_at = dropped."droppedAt"
     from jsonb_to_recordset($1::jsonb) as dropped("orderId" text, "droppedAt" timestamptz)
     where order_id = dropped."orderId" and dropped_at is null`,
    [JSON.stringify(tickets.map(({ orderId, droppedAt }) => ({ orderId, droppedAt })))],
  );
}
