import { type Part, type ServiceContext, worker } from '@brew/service';
import type { CourierConfig } from '../config.ts';
import { roster } from '../domain/roster.ts';
import { putOnDuty } from '../store/couriers.ts';
import { nextWake } from '../store/dispatch.ts';
import { tick } from './tick.ts';

/** What wakes the dispatcher are shipments and times that are up; this is for the notification that got lost. */
const POLL_MS = 5_000;
/** How soon to look again at what another instance holds. */
const CONTENDED_MS = 50;

/**
 * Sends couriers out and takes note of what they delivered. It is woken when an order becomes ready, at commit and
 * on every instance (see the trigger on `shipments`), and when the next delivery is due.
 */
export function createDispatcher({ config, db, transact, now }: ServiceContext<CourierConfig>): Part {
  const rules = { speed: config.SPEED, deliverySeconds: config.DELIVERY_SECONDS };
  let stopListening: (() => Promise<void>) | undefined;

  const dispatcher = worker({
    name: 'dispatcher',
    everyMs: POLL_MS,
    async run() {
      const sent = await transact({}, (work) => tick(work, rules));

      const { dueAt, assignable } = await nextWake(db);
      if (sent && assignable) return true;
      const dueInMs = dueAt === null ? POLL_MS : dueAt.getTime() - now().getTime();
      return assignable ? Math.min(dueInMs, CONTENDED_MS) : dueInMs;
    },
  });

  return {
    ...dispatcher,
    async start(signal, log) {
      await putOnDuty(db, roster(config.COURIERS), now());
      stopListening = await db.listen('dispatch', dispatcher.poke);
      await dispatcher.start(signal, log);
    },
    async stop() {
      await stopListening?.();
      await dispatcher.stop();
    },
  };
}
