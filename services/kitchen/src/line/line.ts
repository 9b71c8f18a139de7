import { type Part, type ServiceContext, type Waker, worker } from '@brew/service';
import type { KitchenConfig } from '../config.ts';
import { look, openCafes } from '../store/line.ts';
import { tick } from './tick.ts';

/** What wakes the line are tickets and times that are up; this is for who died before they could. */
const POLL_MS = 5_000;
/** What is queued or done within that time after a look is taken together by the next one. */
const REST_MS = 50;
/** How soon to look again at what another instance holds. */
const CONTENDED_MS = 50;

/**
 * Starts and finishes the tickets of all cafes. It is woken when a handler of this process has queued some, and it
 * wakes by itself when the next preparation is done.
 */
export function createLine({ config, db, transact, now }: ServiceContext<KitchenConfig>, waker: Waker): Part {
  const rules = { speed: config.SPEED, baristas: config.BARISTAS_PER_CAFE };

  return worker({
    name: 'line',
    everyMs: POLL_MS,
    restMs: REST_MS,
    waker,
    async run() {
      let seen = await look(db, rules.baristas);
      if (seen.unopened) {
        await openCafes(db, rules.baristas);
        seen = await look(db, rules.baristas);
      }
      const dueInMs = seen.dueAt === null ? POLL_MS : seen.dueAt.getTime() - now().getTime();
      const due = dueInMs <= 0;
      if (!due && !seen.startable) return dueInMs;
      const moved = await transact({}, (work) => tick(work, rules, due));
      return moved || CONTENDED_MS;
    },
  });
}
