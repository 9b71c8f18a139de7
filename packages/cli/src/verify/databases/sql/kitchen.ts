import type { Database, Tx } from '@brew/postgres';
import { type BookRow, ms, PAGE, paged } from '../book.ts';

export interface TicketRow extends BookRow {
  cafeId: string | null;
  items: unknown;
  customer: unknown;
  slot: number | null;
  /** When each happened, in milliseconds; null: it did not. */
  placed: number | null;
  paid: number | null;
  cancelled: number | null;
  started: number | null;
  ready: number | null;
  dropped: number | null;
}

export const ticketRows = paged<TicketRow>(
  `select order_id as "orderId", cafe_id as "cafeId", items, customer, slot, ${ms('placed_at')} as placed, ${ms('paid_at')} as paid,
          ${ms('cancelled_at')} as cancelled, ${ms('started_at')} as started, ${ms('ready_at')} as ready, ${ms('dropped_at')} as dropped,
          coalesce(extract(epoch from least(placed_at, paid_at, cancellation_requested_at, cancelled_at))::float8 * 1000, 0) as at
   from tickets where ${PAGE}`,
);

/** Those of the orders of which the kitchen knows all that it needs to begin. */
export async function completeTickets(db: Tx, orderIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ orderId: string }>(
    `select order_id as "orderId" from tickets
     where order_id = any($1) and placed_at is not null and paid_at is not null`,
    [orderIds],
  );
  return new Set(rows.map(({ orderId }) => orderId));
}

interface Slot {
  cafeId: string;
  slot: number;
}

/** All tickets are looked through, a million within seconds. */
const SLOTS_MS = 120_000;

/**
 * How many baristas there are. Those who are busy with what is not being prepared, or not by them; what is being prepared, and by nobody, unless
 * that was set aside; and those who are gone, though tickets say that they have begun them. All of it as it is at one moment.
 */
export function slots(db: Database) {
  return db.transaction(
    async (tx) => {
      await tx.query('set transaction isolation level repeatable read, read only');
      const { rows: all } = await tx.query<{ count: number }>('select count(*)::int as count from slots');
      const { rows: idle } = await tx.query<
        Slot & { orderId: string; stage: string | null; ownSlot: number | null }
      >(
        `select slots.order_id as "orderId", slots.cafe_id as "cafeId", slots.slot, stage, tickets.slot as "ownSlot"
         from slots left join tickets using (order_id)
         where slots.order_id is not null and (stage, slots.cafe_id, slots.slot) is distinct from ('preparing', tickets.cafe_id, tickets.slot)
         order by slots.cafe_id, slots.slot`,
      );
      const { rows: unmade } = await tx.query<Slot & { orderId: string }>(
        `select order_id as "orderId", cafe_id as "cafeId", slot from tickets
         where stage = 'preparing' and order_id not in (select order_id from slots where order_id is not null)
           and order_id not in (select item from stuck_items where worker = 'line')`,
      );
      const { rows: gone } = await tx.query<Slot>(
        `select cafe_id as "cafeId", slot from tickets where slot is not null
         except select cafe_id, slot from slots order by 1, 2`,
      );
      return { count: all[0]?.count ?? 0, idle, unmade, gone };
    },
    { statementMs: SLOTS_MS },
  );
}
