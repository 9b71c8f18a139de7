import { CourierAssigned, OrderDelivered } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { Work } from '@brew/service';
import { assign } from '../domain/assign.ts';
import { deliveryTimeMs } from '../domain/deliveryTime.ts';
import * as dispatch from '../store/dispatch.ts';

export interface Rules {
  /** How many times faster than life; 0 stands for no delivery time. */
  speed: number;
  /** The usual time of a delivery, in life. */
  deliverySeconds: number;
}

/** Bounds one transaction when deliveries take no time; otherwise the couriers do. */
const ASSIGNED_AT_ONCE = 500;

/**
 * One turn around the board, within a transaction: who is back is free, and who is free gets what waits.
 * @param due whether a delivery is done; most often it is known that none is
 * @param only this order alone
 * @returns whether there was anything that another instance didn't hold
 */
export async function tick(work: Work, rules: Rules, due: boolean, only?: string): Promise<boolean> {
  const delivered = due ? await deliver(work, only) : 0;
  const sent = await send(work, rules, only);
  return delivered + sent > 0;
}

/** The orders that `tick` would take. */
export async function dueOrders(tx: Tx, rules: Rules): Promise<string[]> {
  const delivered = await dispatch.dueShipments(tx);
  const { shipments } = await dispatch.takeWaiting(tx, ASSIGNED_AT_ONCE, isOneEach(rules));
  return [...delivered, ...shipments.map(({ orderId }) => orderId)];
}

const isOneEach = ({ speed, deliverySeconds }: Rules) => speed > 0 && deliverySeconds > 0;

async function deliver({ tx, emit, now }: Work, only?: string): Promise<number> {
  const deliveredAt = now();
  const delivered = await dispatch.deliverDue(tx, deliveredAt, only);
  for (const { orderId, courierId, ...cause } of delivered) {
    emit(OrderDelivered, { orderId, courierId, deliveredAt: deliveredAt.getTime() }, cause);
  }
  return delivered.length;
}

async function send(work: Work, rules: Rules, only?: string): Promise<number> {
  const { speed, deliverySeconds } = rules;
  const oneEach = isOneEach(rules);
  const { couriers, shipments } = await dispatch.takeWaiting(work.tx, ASSIGNED_AT_ONCE, oneEach, only);
  const assignedAt = work.now();
  const assigned = assign(couriers, shipments, oneEach).map(({ courier, shipment }) => {
    const takesMs = deliveryTimeMs(shipment.orderId, deliverySeconds, speed);
    return sendOut(work, courier, shipment, assignedAt, takesMs);
  });
  if (assigned.length > 0) await dispatch.assign(work.tx, assigned);
  return assigned.length;
}

/** Tells that a courier has the order, and, when the way takes no time, that it is delivered: one step in the tables. */
function sendOut(
  { emit }: Work,
  { courierId, name: courierName }: dispatch.FreeCourier,
  { orderId, causationId, traceparent }: dispatch.WaitingShipment,
  assignedAt: Date,
  takesMs: number,
): dispatch.AssignedShipment {
  const times = { assignedAt: assignedAt.getTime(), expectedDeliveryAt: assignedAt.getTime() + takesMs };
  const eventId = emit(
    CourierAssigned,
    { orderId, courierId, courierName, ...times },
    { causationId, traceparent },
  );
  const deliveredAt = takesMs === 0 ? assignedAt : null;
  if (deliveredAt) {
    const cause = { causationId: eventId, traceparent };
    emit(OrderDelivered, { orderId, courierId, deliveredAt: deliveredAt.getTime() }, cause);
  }
  return { orderId, courierId, courierName, assignedAt, takesMs, deliveredAt, eventId };
}
