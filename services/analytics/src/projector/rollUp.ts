import { type ServiceContext, type Worker, worker } from '@brew/service';
import type { AnalyticsConfig } from '../config.ts';
import { rollUpLatency } from '../projections/latency/rollUpLatency.ts';
import { shareSwitch } from '../store/locks.ts';

const EVERY_MS = 10 * 60 * 1_000;

/** Keeps latencies by the hour where nobody asks for minutes any more: a busy day has some hundred thousand rows of them. */
export function rollUp({ db, config }: ServiceContext<AnalyticsConfig>): Worker {
  let after = new Date(0);
  return worker({
    name: 'roll-up-latency',
    everyMs: EVERY_MS,
    async run() {
      const hour = await db.transaction(async (tx) => {
        await shareSwitch(tx); // as everybody who writes live tables
        return await rollUpLatency(tx, config.LATENCY_MINUTES_DAYS, after);
      });
      // What comes late for an hour that was rolled up waits for the next start.
      if (hour !== undefined) after = hour;
      return hour !== undefined;
    },
  });
}
