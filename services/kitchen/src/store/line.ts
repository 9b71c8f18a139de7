import type { Tx } from '@brew/postgres';
import type { FreeSlot } from '../domain/allocate.ts';

// DANGER: several instances run these statements side by side. None of them ever waits for a lock (SKIP LOCKED,
// or rows that are already ours), so no two of them can wait for each other: keep it so. What one instance
// skips because another holds it, `nextWake` brings it back to.

/** The event that led to a ticket's latest step. */
interface Cause {
  causationId: string;
  /** Empty when it belonged to no trace. */
  traceparent: string;
}

export interface WaitingTicket extends Cause {
  orderId: string;
  cafeId: string;
  preparationSeconds: number;
}

export interface StartedTicket {
  orderId: string;
  cafeId: string;
  slot: number;
  startedAt: Date;
  dueAt: Date;
  /** Id of its KitchenStarted. */
  eventId: string;
}

export interface FinishedTicket extends Cause {
  orderId: string;
  cafeId: string;
  customer: { name: string; address: string };
}

/**
 * Puts baristas behind the counter of every cafe that has its first order. Not for use within a transaction:
 * an insert waits for another instance's insert of the same row.
 */
export async function openCafes(db: Tx, baristas: number): Promise<void> {
  await db.query(
    `insert into slots (cafe_id, slot)
     select cafe_id, slot
     from (select distinct cafe_id from tickets where stage = 'queued') as busy, generate_series(1, $1::int) as slot
     where not exists (select from slots s where s.cafe_id = busy.cafe_id and s.slot = $1)
     order by cafe_id, slot
     on conflict do nothing`,
    [baristas],
  );
}

/** Takes the free slots of cafes where somebody waits. */
export async function takeFreeSlots(tx: Tx, baristas: number): Promise<FreeSlot[]> {
  const { rows } = await tx.query<FreeSlot>(
    `select cafe_id as "cafeId", slot from slots
     where order_id is null and slot <= $1
       and exists (select from tickets t where t.cafe_id = slots.cafe_id and t.stage = 'queued')
     order by cafe_id, slot
     for update skip locked`,
    [baristas],
  );
  return rows;
}

/**
 * Takes the tickets that have waited longest, of each cafe with a slot in `free`.
 * @param perSlot how many at most for each of its free slots
 */
export async function takeWaiting(
  tx: Tx,
  free: readonly FreeSlot[],
  perSlot: number,
): Promise<WaitingTicket[]> {
  const { rows } = await tx.query<WaitingTicket>(
    `select waiting.*
     from (select cafe_id, count(*) as slots from unnest($1::text[]) as cafe_id group by cafe_id) as free
     cross join lateral (
       select order_id as "orderId", cafe_id as "cafeId", preparation_seconds as "preparationSeconds",
              cause_id as "causationId", coalesce(traceparent, '') as traceparent
       from tickets
       where tickets.cafe_id = free.cafe_id and stage = 'queued'
       order by paid_at, order_id
       limit free.slots * $2::int
       for update skip locked
     ) as waiting`,
    [free.map((slot) => slot.cafeId), perSlot],
  );
  return rows;
}

/** Writes down who makes what, and until when. The tickets and slots are those taken in this transaction. */
export async function start(tx: Tx, started: readonly StartedTicket[]): Promise<void> {
  await tx.query(
    `with started as (
       select * from jsonb_to_recordset($1::jsonb) as started(
         "orderId" text, "cafeId" text, slot int, "startedAt" timestamptz, "dueAt" timestamptz, "eventId" text)
     ), manned as (
       update slots set order_id = started."orderId"
       from started where slots.cafe_id = started."cafeId" and slots.slot = started.slot
     )
     update tickets
     set slot = started.slot, started_at = started."startedAt", due_at = started."dueAt", cause_id = started."eventId"
     from started where tickets.order_id = started."orderId"`,
    [JSON.stringify(started)],
  );
}

/**
 * Ends the preparation of tickets whose time is up, and frees their slots. There are never more of them than
 * slots, so there is no limit: except those started in this transaction that take no time, and those end here as
 * well. That way no slot ever has two tickets that others could see.
 */
export async function finishDue(tx: Tx, now: Date): Promise<FinishedTicket[]> {
  const { rows } = await tx.query<FinishedTicket>(
    `with finished as (
       update tickets set ready_at = $1
       where order_id in (
         select order_id from tickets where stage = 'preparing' and due_at <= $1
         for update skip locked)
       returning order_id as "orderId", cafe_id as "cafeId", customer,
                 cause_id as "causationId", coalesce(traceparent, '') as traceparent
     ), freed as (
       update slots set order_id = null from finished where slots.order_id = finished."orderId"
     )
     select * from finished`,
    [now],
  );
  return rows;
}

/** When there will be something to do: the next time that is up, and whether a slot could be filled even now. */
export interface NextWake {
  dueAt: Date | null;
  startable: boolean;
}

export async function nextWake(db: Tx, baristas: number): Promise<NextWake> {
  const { rows } = await db.query<NextWake>(
    `select (select min(due_at) from tickets where stage = 'preparing') as "dueAt",
            exists (
              select from slots
              where order_id is null and slot <= $1
                and exists (select from tickets t where t.cafe_id = slots.cafe_id and t.stage = 'queued')
            ) as startable`,
    [baristas],
  );
  return rows[0] as NextWake;
}
