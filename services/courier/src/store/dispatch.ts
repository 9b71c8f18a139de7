import type { Tx } from '@brew/postgres';

// DANGER: several instances run these statements side by side. None of them ever waits for a lock (SKIP LOCKED,
// or rows that are already ours), so no two of them can wait for each other: keep it so. What one instance
// skips because another holds it, `look` brings it back to.

/** What a look at the board tells. */
export interface Seen {
  /** In how many milliseconds the next delivery is done, by the database's clock; negative when it is by now, null when there is none. */
  dueInMs: number | null;
  /** Whether a courier could be sent even now. */
  assignable: boolean;
}

/** Looks whether there is anything to do, without a lock and without a transaction. */
export async function look(db: Tx): Promise<Seen> {
  const { rows } = await db.query<Seen>({
    name: 'look', // named statements are planned once a connection: planning takes longer than running
    text: `select (select (extract(epoch from min(due_at) - now()) * 1000)::float8 from shipments
                   where state = 'on_the_way'
                     and order_id not in (select item from stuck_items where worker = 'dispatcher')) as "dueInMs",
                  exists (select from shipments
                          where state = 'waiting'
                            and order_id not in (select item from stuck_items where worker = 'dispatcher'))
                    and exists (select from couriers where on_duty and order_id is null) as assignable`,
  });
  return rows[0] as Seen;
}

/** The event that led to a shipment's latest step. */
interface Cause {
  causationId: string;
  /** Empty when it belonged to no trace. */
  traceparent: string;
}

export interface FreeCourier {
  courierId: string;
  name: string;
}

export interface WaitingShipment extends Cause {
  orderId: string;
}

/**
 * Takes free couriers, those who have been free for the longest first, and what has waited longest; no more of either
 * than the other needs.
 * @param limit how many shipments at most
 * @param oneEach whether a courier can carry only one of them
 * @param only this shipment alone, stuck or not; left out, stuck ones are left out
 */
export async function takeWaiting(
  tx: Tx,
  limit: number,
  oneEach: boolean,
  only?: string,
): Promise<{ couriers: FreeCourier[]; shipments: WaitingShipment[] }> {
  const { rows } = await tx.query<{ couriers: FreeCourier[]; shipments: WaitingShipment[] }>({
    name: 'take-waiting',
    text: `with free as (
             select courier_id as "courierId", name from couriers
             where on_duty and order_id is null
             order by free_since, courier_id
             limit (select count(*) from (select from shipments where state = 'waiting' limit $1) as waiting)
             for update skip locked
           ), waiting as (
             select order_id as "orderId", cause_id as "causationId", coalesce(traceparent, '') as traceparent
             from shipments
             where state = 'waiting'
               and case when $3::text is null
                     then order_id not in (select item from stuck_items where worker = 'dispatcher')
                     else order_id = $3 end
             order by ready_at, order_id
             limit least($1, (select count(*) from free) * case when $2 then 1 else $1 end)
             for update skip locked
           )
           select (select coalesce(jsonb_agg(free), '[]') from free) as couriers,
                  (select coalesce(jsonb_agg(waiting), '[]') from waiting) as shipments`,
    values: [limit, oneEach, only],
  });
  return rows[0] ?? { couriers: [], shipments: [] };
}

export interface AssignedShipment {
  orderId: string;
  courierId: string;
  courierName: string;
  assignedAt: Date;
  takesMs: number;
  /** Set when the way took no time: then it is delivered as well, and the courier stays free. */
  deliveredAt: Date | null;
  /** Id of its CourierAssigned. */
  eventId: string;
}

/**
 * Writes down who brings what, and until when, by the database's clock: by it alone is told when it is done. Shipments and couriers are those
 * taken in this transaction.
 */
export async function assign(tx: Tx, assigned: readonly AssignedShipment[]): Promise<void> {
  await tx.query({
    // Not named: it has to be planned for the table as it has become, or it would go on reading all of a table that was
    // small at first. The limit tells the planner how few rows it looks for.
    text: `with assigned as (
             select * from jsonb_to_recordset($1::jsonb) as assigned("orderId" text, "courierId" text,
               "courierName" text, "assignedAt" timestamptz, "takesMs" float8, "deliveredAt" timestamptz,
               "eventId" text) limit $2
           ), sent as (
             update couriers
             set order_id = trips.order_id, deliveries = deliveries + trips.delivered,
                 free_since = coalesce(trips.back_at, free_since)
             from (
               select "courierId", max("orderId") filter (where "deliveredAt" is null) as order_id,
                      count("deliveredAt") as delivered, max("deliveredAt") as back_at
               from assigned group by "courierId"
             ) as trips
             where courier_id = trips."courierId"
           )
           update shipments
           set courier_id = assigned."courierId", courier_name = assigned."courierName",
               assigned_at = assigned."assignedAt",
               due_at = now() + assigned."takesMs" * interval '1 millisecond',
               delivered_at = assigned."deliveredAt", cause_id = assigned."eventId"
           from assigned where shipments.order_id = assigned."orderId"`,
    values: [JSON.stringify(assigned), assigned.length],
  });
}

export interface DeliveredShipment extends Cause {
  orderId: string;
  courierId: string;
}

/**
 * Ends the deliveries whose time is up; their couriers are free again, and one delivery richer. There are never more
 * of them than couriers, so there is no limit.
 * @param deliveredAt when that is, as its event says
 * @param only this shipment alone, stuck or not: its courier may carry another one by now. Left out, stuck ones are left out
 */
export async function deliverDue(tx: Tx, deliveredAt: Date, only?: string): Promise<DeliveredShipment[]> {
  const { rows } = await tx.query<DeliveredShipment>({
    name: 'deliver-due',
    text: `with delivered as (
             update shipments set delivered_at = $1
             where order_id in (
               select order_id from shipments
               where state = 'on_the_way' and due_at <= now()
                 and case when $2::text is null
                       then order_id not in (select item from stuck_items where worker = 'dispatcher')
                       else order_id = $2 end
               for update skip locked)
             returning order_id as "orderId", courier_id as "courierId",
                       cause_id as "causationId", coalesce(traceparent, '') as traceparent
           ), freed as (
             update couriers
             set order_id = nullif(order_id, delivered."orderId"), deliveries = deliveries + 1,
                 free_since = case when order_id = delivered."orderId" then $1 else free_since end
             from delivered where courier_id = delivered."courierId"
           )
           select * from delivered`,
    values: [deliveredAt, only],
  });
  return rows;
}

/** Those that `deliverDue` would end. */
export async function dueShipments(tx: Tx): Promise<string[]> {
  const { rows } = await tx.query<{ order_id: string }>(
    `select order_id from shipments
     where state = 'on_the_way' and due_at <= now()
       and order_id not in (select item from stuck_items where worker = 'dispatcher')
     order by due_at`,
  );
  return rows.map(({ order_id }) => order_id);
}

/** Whether the dispatcher has anything to do for a shipment, now or later. */
export async function isUndelivered(tx: Tx, orderId: string): Promise<boolean> {
  const { rowCount } = await tx.query(`select from shipments where order_id = $1 and state <> 'delivered'`, [
    orderId,
  ]);
  return rowCount === 1;
}

/** A shipment is set aside: its courier brings the others. It can be delivered without one. */
export async function freeCourier(tx: Tx, orderId: string, now: Date): Promise<void> {
  await tx.query('update couriers set order_id = null, free_since = $2 where order_id = $1', [orderId, now]);
}
