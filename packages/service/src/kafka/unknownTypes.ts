import { eventTypeOf } from '@brew/events';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';

/** Events of types that this release does not know: a newer producer's, or a slip of the pen. Nobody handles them, and they are seen. */
export interface UnknownTypes {
  /** @param type what the ce_type header says; undefined: there is none, which is for decoding to tell */
  note(topic: string, type: string | undefined): void;
}

/** Types come from outside: no more of them are remembered, so that a stranger fills neither the memory nor the log. */
const MOST_TOLD = 100;
const LONGEST_TOLD = 200;

/** Counts them all, and tells of each type once. */
export function createUnknownTypes({ metrics, log }: { metrics: Metrics; log: Logger }): UnknownTypes {
  const told = new Set<string>();
  return {
    note(topic, type) {
      if (type === undefined || eventTypeOf(type)) return;
      metrics.events.inc({ type: 'unknown', outcome: 'skipped' });
      const shown = type.slice(0, LONGEST_TOLD);
      if (told.has(shown) || told.size >= MOST_TOLD) return;
      told.add(shown);
      log.warn({ topic, eventType: shown }, 'skipped an event of a type that is unknown here: told once');
    },
  };
}
