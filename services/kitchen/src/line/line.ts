import { dueWorker, type Part, type ServiceContext, type Waker } from '@brew/service';
import type { KitchenConfig } from '../config.ts';
import { freeSlot, isOnTheLine, look, openCafes } from '../store/line.ts';
import { dueOrders, tick } from './tick.ts';

/** What wakes the line are tickets and times that are up; this is for who died before they could. */
const POLL_MS = 5_000;
/** What is queued or done within that time after a look is taken together by the next one. */
const REST_MS = 50;

/**
 * Starts and finishes the tickets of all cafes. It is woken when a handler of this process has queued some, and it
 * wakes by itself when the next preparation is done.
 */
export function createLine(context: ServiceContext<KitchenConfig>, waker: Waker): Part {
  const { config, db } = context;
  const rules = { speed: config.SPEED, baristas: config.BARISTAS_PER_CAFE };
  let due = true;

  return dueWorker(context, {
    name: 'line',
    everyMs: POLL_MS,
    restMs: REST_MS,
    waker,
    async look() {
      let seen = await look(db, rules.baristas);
      if (seen.unopened) {
        await openCafes(db, rules.baristas);
        seen = await look(db, rules.baristas);
      }
      const dueInMs = seen.dueInMs ?? POLL_MS;
      due = dueInMs <= 0;
      return due || seen.startable || dueInMs;
    },
    take: (work, only) => tick(work, rules, due || only !== undefined, only),
    due: (tx) => dueOrders(tx, rules),
    isOpen: isOnTheLine,
    letGo: freeSlot,
  });
}
