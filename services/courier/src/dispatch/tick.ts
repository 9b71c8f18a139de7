import { CourierAssigned, OrderDelivered } from '@brew/events';
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
 * One look at the board, within a transaction: who is back is free, and who is free gets what waits.
 * @returns whether anybody was sent
 */
export async function tick(work: Work, rules: Rules): Promise<boolean> {
  await deliver(work);
  const sent = await send(work, rules);
  if (sent && !takesTime(rules)) await deliver(work);
  return sent;
}

const takesTime = ({ speed, deliverySeconds }: Rules): boolean => speed > 0 && deliverySeconds > 0;

async function deliver({ tx, emit, now }: Work): Promise<void> {
  const deliveredAt = now();
  for (const { orderId, courierId, ...cause } of await dispatch.deliverDue(tx, deliveredAt)) {
    emit(OrderDelivered, { orderId, courierId, deliveredAt: deliveredAt.getTime() }, cause);
  }
}

async function send({ tx, emit, now }: Work, rules: Rules): Promise<boolean> {
  const couriers = await dispatch.takeFreeCouriers(tx, ASSIGNED_AT_ONCE);
  if (couriers.length === 0) return false;

  const oneEach = takesTime(rules);
  const shipments = await dispatch.takeWaiting(tx, oneEach ? couriers.length : ASSIGNED_AT_ONCE);
  const assignedAt = now();
  const assigned = assign(couriers, shipments, oneEach).map(({ courier, shipment }) => {
    const { orderId, ...cause } = shipment;
    const { courierId, name: courierName } = courier;
    const dueAt = new Date(
      assignedAt.getTime() + deliveryTimeMs(orderId, rules.deliverySeconds, rules.speed),
    );
    const times = { assignedAt: assignedAt.getTime(), expectedDeliveryAt: dueAt.getTime() };
    const eventId = emit(CourierAssigned, { orderId, courierId, courierName, ...times }, cause);
    return { orderId, courierId, courierName, assignedAt, dueAt, eventId };
  });
  if (assigned.length === 0) return false;
  await dispatch.assign(tx, assigned);
  return true;
}
