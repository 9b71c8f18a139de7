import { type Part, type ServiceContext, type Waker, worker } from '@brew/service';
import type { CourierConfig } from '../config.ts';
import { roster } from '../domain/roster.ts';
import { putOnDuty } from '../store/couriers.ts';
import { look } from '../store/dispatch.ts';
import { tick } from './tick.ts';

/** What wakes the dispatcher are shipments and times that are up; this is for who died before they could. */
const POLL_MS = 5_000;
/** What is ready or delivered within that time after a look is taken together by the next one. */
const REST_MS = 50;
/** How soon to look again at what another instance holds. */
const CONTENDED_MS = 50;

/**
 * Sends couriers out and takes note of what they delivered. It is woken when a handler of this process has added
 * shipments, and it wakes by itself when the next delivery is due.
 */
export function createDispatcher(
  { config, db, transact, now }: ServiceContext<CourierConfig>,
  waker: Waker,
): Part {
  const rules = { speed: config.SPEED, deliverySeconds: config.DELIVERY_SECONDS };

  const dispatcher = worker({
    name: 'dispatcher',
    everyMs: POLL_MS,
    restMs: REST_MS,
    waker,
    async run() {
      const { dueAt, assignable } = await look(db);
      const dueInMs = dueAt === null ? POLL_MS : dueAt.getTime() - now().getTime();
      const due = dueInMs <= 0;
      if (!due && !assignable) return dueInMs;
      const moved = await transact({}, (work) => tick(work, rules, due));
      return moved || CONTENDED_MS;
    },
  });

  return {
    ...dispatcher,
    async start(signal, log) {
      await putOnDuty(db, roster(config.COURIERS), now());
      await dispatcher.start(signal, log);
    },
  };
}
