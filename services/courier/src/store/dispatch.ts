import type { Tx } from '@brew/postgres';

// DANGER: several instances run these statements side by side. None of them ever waits for a lock (SKIP LOCKED,
// or rows that are already ours), so no two of them can wait for each other: keep it so. What one instance
// skips because another holds it, `nextWake` brings it back to.

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

export interface AssignedShipment {
  orderId: string;
  courierId: string;
  courierName: string;
  assignedAt: Date;
  dueAt: Date;
  /** Id of its CourierAssigned. */
  eventId: string;
}

export interface DeliveredShipment extends Cause {
  orderId: string;
  courierId: string;
}

/**
 * Takes free couriers, those who have been free for the longest first, and no more than could be needed.
 * @param limit how many at most
 */
export async function takeFreeCouriers(tx: Tx, limit: number): Promise<FreeCourier[]> {
  const { rows } = await tx.query<FreeCourier>(
    `select courier_id as "courierId", name from couriers
     where on_duty and order_id is null
     order by free_since, courier_id
     limit (select count(*) from (select from shipments where state = 'waiting' limit $1) as waiting)
     for update skip locked`,
    [limit],
  );
  return rows;
}

/**
 * Takes the shipments that have waited longest.
 * @param limit how many at most
 */
export async function takeWaiting(tx: Tx, limit: number): Promise<WaitingShipment[]> {
  const { rows } = await tx.query<WaitingShipment>(
    `select order_id as "orderId", cause_id as "causationId", coalesce(traceparent, '') as traceparent
     from shipments
     where state = 'waiting' order by ready_at, order_id limit $1 for update skip locked`,
    [limit],
  );
  return rows;
}

/** Writes down who brings what, and until when. Shipments and couriers are those taken in this transaction. */
export async function assign(tx: Tx, assigned: readonly AssignedShipment[]): Promise<void> {
  // A courier who makes several trips in no time is shown with one of them, until `deliverDue` ends them all.
  await tx.query(
    `with assigned as (
       select * from jsonb_to_recordset($1::jsonb) as assigned(
         "orderId" text, "courierId" text, "courierName" text, "assignedAt" timestamptz, "dueAt" timestamptz,
         "eventId" text)
     ), sent as (
       update couriers set order_id = trips.order_id
       from (select "courierId", max("orderId") as order_id from assigned group by "courierId") as trips
       where courier_id = trips."courierId"
     )
     update shipments
     set courier_id = assigned."courierId", courier_name = assigned."courierName",
         assigned_at = assigned."assignedAt", due_at = assigned."dueAt", cause_id = assigned."eventId"
     from assigned where shipments.order_id = assigned."orderId"`,
    [JSON.stringify(assigned)],
  );
}

/**
 * Ends the deliveries whose time is up; their couriers are free again, and one or more deliveries richer. There
 * are never more of them than couriers, so there is no limit: except those given out in this transaction that
 * take no time, and those end here as well. That way a courier never has two trips that others could see, and no
 * two instances meet at one courier.
 */
export async function deliverDue(tx: Tx, now: Date): Promise<DeliveredShipment[]> {
  const { rows } = await tx.query<DeliveredShipment>(
    `with delivered as (
       update shipments set delivered_at = $1
       where order_id in (
         select order_id from shipments where state = 'on_the_way' and due_at <= $1 for update skip locked)
       returning order_id as "orderId", courier_id as "courierId",
                 cause_id as "causationId", coalesce(traceparent, '') as traceparent
     ), freed as (
       update couriers set order_id = null, free_since = $1, deliveries = deliveries + trips.count
       from (select "courierId", count(*) from delivered group by "courierId") as trips
       where courier_id = trips."courierId"
     )
     select * from delivered`,
    [now],
  );
  return rows;
}

/** When there will be something to do: the next time that is up, and whether a courier could be sent even now. */
export interface NextWake {
  dueAt: Date | null;
  assignable: boolean;
}

export async function nextWake(db: Tx): Promise<NextWake> {
  const { rows } = await db.query<NextWake>(
    `select (select min(due_at) from shipments where state = 'on_the_way') as "dueAt",
            exists (select from shipments where state = 'waiting')
              and exists (select from couriers where on_duty and order_id is null) as assignable`,
  );
  return rows[0] as NextWake;
}
