import { eventTypeOf } from '@brew/events';
import type { DeadLetters } from '@brew/kafka';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';

/** Dead letters that are seen: in the metrics, in the log, and by who wants to know that there are new ones. */
export function countDeadLetters(
  deadLetters: DeadLetters,
  { metrics, log, onSent }: { metrics: Metrics; log: Logger; onSent(): void },
): DeadLetters {
  return {
    behindParked: deadLetters.behindParked,
    async park(letters) {
      const free = await deadLetters.park(letters);
      if (free.size < letters.length) onSent();
      for (const { record, failure } of letters) {
        if (free.has(record)) continue;
        const { topic, partition, offset, key, headers } = record;
        metrics.deadLetters.inc({ topic });
        metrics.events.inc({ type: typeOf(headers), outcome: 'dead_lettered' });
        const err = failure.reason === 'failed' ? failure.error : undefined;
        log.error(
          { err, reason: failure.reason, topic, partition, offset: String(offset), key: key?.slice(0, 100) },
          'dead letter',
        );
      }
      return free;
    },
    async tell(gap) {
      await deadLetters.tell(gap);
      onSent();
      metrics.deadLetters.inc({ topic: gap.topic });
    },
    isDiscarded: deadLetters.isDiscarded,
  };
}

/** Headers come from outside: only known types become label values, or a stranger could fill the memory with them. */
export function typeOf({ ce_type = 'unknown' }: Record<string, string>): string {
  return eventTypeOf(ce_type) ? ce_type : 'unknown';
}
