import type { OrderState } from '../orderState.ts';
import { reportedEvent } from '../report.ts';
import type { DatabaseBreach } from './result.ts';

/** Of an order that the topics know, with its events by time. */
export function breachOf(
  set: string,
  sentences: string | readonly string[],
  order: OrderState | undefined,
  orderId = order?.id,
): DatabaseBreach {
  const events = order ? [...order.events, ...order.altered].toSorted((a, b) => a.time - b.time) : [];
  return {
    set,
    ...(orderId !== undefined && { orderId }),
    sentences: [sentences].flat(),
    events: events.map(reportedEvent),
  };
}
