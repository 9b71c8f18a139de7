import { type Part, type ServiceContext, worker } from '@brew/service';
import type { KitchenConfig } from '../config.ts';
import { nextWake, openCafes } from '../store/line.ts';
import { tick } from './tick.ts';

/** What wakes the line are tickets and times that are up; this is for the notification that got lost. */
const POLL_MS = 5_000;
/** How soon to look again at what another instance holds. */
const CONTENDED_MS = 50;

/**
 * Starts and finishes the tickets of all cafes. It is woken when a ticket is queued, at commit and on every
 * instance (see the trigger on `tickets`), and when the next preparation is done.
 */
export function createLine({ config, db, transact, now }: ServiceContext<KitchenConfig>): Part {
  const rules = { speed: config.SPEED, baristas: config.BARISTAS_PER_CAFE };
  let stopListening: (() => Promise<void>) | undefined;

  const line = worker({
    name: 'line',
    everyMs: POLL_MS,
    async run() {
      await openCafes(db, rules.baristas);
      const started = await transact({}, (work) => tick(work, rules));

      const { dueAt, startable } = await nextWake(db, rules.baristas);
      if (started && startable) return true;
      const dueInMs = dueAt === null ? POLL_MS : dueAt.getTime() - now().getTime();
      return startable ? Math.min(dueInMs, CONTENDED_MS) : dueInMs;
    },
  });

  return {
    ...line,
    async start(signal, log) {
      stopListening = await db.listen('line', line.poke);
      await line.start(signal, log);
    },
    async stop() {
      await stopListening?.();
      await line.stop();
    },
  };
}
