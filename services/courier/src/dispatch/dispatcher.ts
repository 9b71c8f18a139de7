import { dueWorker, type Part, type ServiceContext, type Waker } from '@brew/service';
import type { CourierConfig } from '../config.ts';
import { roster } from '../domain/roster.ts';
import { putOnDuty } from '../store/couriers.ts';
import { freeCourier, isUndelivered, look } from '../store/dispatch.ts';
import { dueOrders, tick } from './tick.ts';

/** What wakes the dispatcher are shipments and times that are up; this is for who died before they could. */
const POLL_MS = 5_000;
/** What is ready or delivered within that time after a look is taken together by the next one. */
const REST_MS = 50;

/**
 * Sends couriers out and takes note of what they delivered. It is woken when a handler of this process has added
 * shipments, and it wakes by itself when the next delivery is due.
 */
export function createDispatcher(context: ServiceContext<CourierConfig>, waker: Waker): Part {
  const { config, db, now } = context;
  const rules = { speed: config.SPEED, deliverySeconds: config.DELIVERY_SECONDS };
  let due = true;

  const dispatcher = dueWorker(context, {
    name: 'dispatcher',
    everyMs: POLL_MS,
    restMs: REST_MS,
    waker,
    async look() {
      const { dueInMs: next, assignable } = await look(db);
      const dueInMs = next ?? POLL_MS;
      due = dueInMs <= 0;
      return due || assignable || dueInMs;
    },
    take: (work, only) => tick(work, rules, due || only !== undefined, only),
    due: (tx) => dueOrders(tx, rules),
    isOpen: isUndelivered,
    letGo: (tx, orderId) => freeCourier(tx, orderId, now()),
  });

  return {
    ...dispatcher,
    async start(signal, log) {
      await putOnDuty(db, roster(config.COURIERS), now());
      await dispatcher.start(signal, log);
    },
  };
}
