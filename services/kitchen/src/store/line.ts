import type { Tx } from '@brew/postgres';

// DANGER: several instances run these statements side by side. None of them ever waits for a lock (SKIP LOCKED,
// or rows that are already ours), so no two of them can wait for each other: keep it so. What one instance
// skips because another holds it, `look` brings it back to.

/** What a look along the counters tells. */
export interface Seen {
  /** In how many milliseconds the next preparation is done, by the database's clock; negative when it is by now, null when there is none. */
  dueInMs: number | null;
  /** Whether a slot could be filled even now. */
  startable: boolean;
  /** Whether somebody waits in a cafe that has no baristas yet. */
  unopened: boolean;
}

/** Looks whether there is anything to do, without a lock and without a transaction. */
export async function look(db: Tx, baristas: number): Promise<Seen> {
  const { rows } = await db.query<Seen>({
    name: 'look', // named statements are planned once a connection: planning takes longer than running
    text: `with busy as materialized (select cafe_id from busy_cafes)
           select (select (extract(epoch from min(due_at) - now()) * 1000)::float8 from tickets
                   where stage = 'preparing'
                     and order_id not in (select item from stuck_items where worker = 'line')) as "dueInMs",
                  exists (
                    select from busy join slots using (cafe_id) where order_id is null and slot <= $1
                  ) as startable,
                  exists (
                    select from busy
                    where not exists (select from slots where slots.cafe_id = busy.cafe_id and slot = $1)
                  ) as unopened`,
    values: [baristas],
  });
  return rows[0] as Seen;
}

/**
 * Puts baristas behind the counter of every cafe that has its first order. Not for use within a transaction:
 * an insert waits for another instance's insert of the same row. It would also wait for who changes that row, so only
 * what is missing is inserted.
 */
export async function openCafes(db: Tx, baristas: number): Promise<void> {
  await db.query(
    `insert into slots (cafe_id, slot)
     select cafe_id, slot from busy_cafes cross join generate_series(1, $1::int) as slot
     where not exists (select from slots known where known.cafe_id = busy_cafes.cafe_id and known.slot = slot.slot)
     order by cafe_id, slot
     on conflict do nothing`,
    [baristas],
  );
}

/** The event that led to a ticket's latest step. */
interface Cause {
  causationId: string;
  /** Empty when it belonged to no trace. */
  traceparent: string;
}

export interface WaitingTicket extends Cause {
  orderId: string;
  customer: { name: string; address: string };
  preparationSeconds: number;
}

/** A cafe's free slots, and the tickets that have waited longest there. */
export interface Counter {
  cafeId: string;
  slots: number[];
  waiting: WaitingTicket[];
}

/**
 * Takes the free slots of cafes where somebody waits, and those who have waited longest there; stuck ones are left out.
 * @param perSlot how many tickets at most for each free slot
 * @param only this ticket alone, stuck or not
 */
export async function takeCounters(
  tx: Tx,
  baristas: number,
  perSlot: number,
  only?: string,
): Promise<Counter[]> {
  const { rows } = await tx.query<Counter>({
    name: 'take-counters',
    text: `with free as (
             select cafe_id, slot from slots
             where order_id is null and slot <= $1
               and case when $3::text is null then cafe_id in (select cafe_id from busy_cafes)
                        else cafe_id = (select cafe_id from tickets where order_id = $3) end
             for update skip locked
           ), counters as (
             select cafe_id, jsonb_agg(slot order by slot) as slots from free group by cafe_id
           )
           select cafe_id as "cafeId", slots, waiting
           from counters cross join lateral (
             select jsonb_agg(ticket) as waiting
             from (
               select order_id as "orderId", customer, preparation_seconds as "preparationSeconds",
                      cause_id as "causationId", coalesce(traceparent, '') as traceparent
               from tickets
               where tickets.cafe_id = counters.cafe_id and stage = 'queued'
                 and case when $3::text is null
                       then order_id not in (select item from stuck_items where worker = 'line')
                       else order_id = $3 end
               order by paid_at, order_id
               limit jsonb_array_length(slots) * $2::int
               for update skip locked
             ) as ticket
           ) as queue
           where waiting is not null
           order by cafe_id`,
    values: [baristas, perSlot, only],
  });
  return rows;
}

export interface StartedTicket {
  orderId: string;
  cafeId: string;
  slot: number;
  startedAt: Date;
  takesMs: number;
  /** Set when it took no time: then it is done as well, and its slot stays free. */
  readyAt: Date | null;
  /** Id of its KitchenStarted. */
  eventId: string;
}

/**
 * Writes down who makes what, and until when, by the database's clock: by it alone is told when it is done. The tickets and slots are those
 * taken in this transaction.
 */
export async function start(tx: Tx, started: readonly StartedTicket[]): Promise<void> {
  await tx.query({
    // Not named: it has to be planned for the table as it has become, or it would go on reading all of a table that was
    // small at first. The limit tells the planner how few rows it looks for.
    text: `with started as (
             select * from jsonb_to_recordset($1::jsonb) as started("orderId" text, "cafeId" text, slot int,
               "startedAt" timestamptz, "takesMs" float8, "readyAt" timestamptz, "eventId" text) limit $2
           ), manned as (
             update slots set order_id = started."orderId"
             from started
             where slots.cafe_id = started."cafeId" and slots.slot = started.slot and started."readyAt" is null
           )
           update tickets
           set slot = started.slot, started_at = started."startedAt",
               due_at = now() + started."takesMs" * interval '1 millisecond',
               ready_at = started."readyAt", cause_id = started."eventId"
           from started where tickets.order_id = started."orderId"`,
    values: [JSON.stringify(started), started.length],
  });
}

export interface FinishedTicket extends Cause {
  orderId: string;
  cafeId: string;
  customer: { name: string; address: string };
}

/**
 * Ends the preparation of tickets whose time is up, and frees their slots; stuck ones are left out. There are never more of them than
 * slots, so there is no limit.
 * @param readyAt when that is, as its event says
 * @param only this ticket alone, stuck or not
 */
export async function finishDue(tx: Tx, readyAt: Date, only?: string): Promise<FinishedTicket[]> {
  const { rows } = await tx.query<FinishedTicket>({
    name: 'finish-due',
    text: `with finished as (
             update tickets set ready_at = $1
             where order_id in (
               select order_id from tickets
               where stage = 'preparing' and due_at <= now()
                 and case when $2::text is null
                       then order_id not in (select item from stuck_items where worker = 'line')
                       else order_id = $2 end
               for update skip locked)
             returning order_id as "orderId", cafe_id as "cafeId", customer,
                       cause_id as "causationId", coalesce(traceparent, '') as traceparent
           ), freed as (
             update slots set order_id = null from finished where slots.order_id = finished."orderId"
           )
           select * from finished`,
    values: [readyAt, only],
  });
  return rows;
}

/** Those that `finishDue` would end. */
export async function dueTickets(tx: Tx): Promise<string[]> {
  const { rows } = await tx.query<{ order_id: string }>(
    `select order_id from tickets
     where stage = 'preparing' and due_at <= now()
       and order_id not in (select item from stuck_items where worker = 'line')
     order by due_at`,
  );
  return rows.map(({ order_id }) => order_id);
}

/** Whether the line has anything to do for a ticket, now or later. */
export async function isOnTheLine(tx: Tx, orderId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select from tickets where order_id = $1 and stage in ('queued', 'preparing')`,
    [orderId],
  );
  return rowCount === 1;
}

/** A ticket is set aside: its barista makes the others' orders. It can be finished without one. */
export async function freeSlot(tx: Tx, orderId: string): Promise<void> {
  await tx.query('update slots set order_id = null where order_id = $1', [orderId]);
}
