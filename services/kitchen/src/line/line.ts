import { createCatchUp, dueWorker, type Part, type ServiceContext, type Waker } from '@brew/service';
import type { KitchenConfig } from '../config.ts';
import { freeSlot, isOnTheLine, look, openCafes } from '../store/line.ts';
import { dueOrders, tick } from './tick.ts';

/** What wakes the line are tickets and times that are up; this is for who died before they could. */
const POLL_MS = 5_000;
/** What is queued or done within that time after a look is taken together by the next one. */
const REST_MS = 50;

/**
 * Starts and finishes the tickets of all cafes. It is woken when a handler of this process has queued some, and it
 * wakes by itself when the next preparation is done. After it was away it begins none before the kitchen has read what came meanwhile:
 * some may have been cancelled. What is in preparation is finished all the same.
 * @param options.topics what the kitchen reads
 */
export function createLine(
  context: ServiceContext<KitchenConfig>,
  { waker, topics }: { waker: Waker; topics: readonly string[] },
): Part {
  const { config, db } = context;
  const rules = { speed: config.SPEED, baristas: config.BARISTAS_PER_CAFE };
  const catchUp = createCatchUp(context, { topics, onCaughtUp: waker.wake });
  let due = true;
  let startable = false;

  const line = dueWorker(context, {
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
      startable = seen.startable;
      return due || (catchUp.mayAct() && startable) || dueInMs;
    },
    // Asked here as well: the process may have been frozen since it looked, and what is tried again comes before any look.
    take: (work, only) =>
      tick(work, rules, { finishes: due || only !== undefined, starts: catchUp.mayAct() }, only),
    due: (tx) => dueOrders(tx, rules),
    isOpen: isOnTheLine,
    letGo: freeSlot,
  });

  return {
    ...line,
    async stop() {
      await line.stop(); // a turn that is under way asks it still, and would have it wait anew
      await catchUp.stop();
    },
    async health() {
      const health = await line.health();
      const { up, detail } = catchUp.health();
      if (!startable || detail === undefined) return health;
      return {
        ...health,
        up: up && health.up,
        detail: health.detail ? `${health.detail}; ${detail}` : detail,
      };
    },
  };
}
