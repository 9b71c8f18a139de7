import type { EventType } from './eventType.ts';
import { eventTypes } from './generated/events.ts';
import * as v2 from './generated/v2/events.ts';

const byType = new Map([...eventTypes, ...v2.eventTypes].map((eventType) => [eventType.type, eventType]));

/**
 * Looks up an event by its full name.
 * @param ceType what the ce_type header says, such as brew.orders.v1.OrderPlaced
 * @returns undefined for an event that this version of the code does not know: a newer producer's, as a rule
 */
export function eventTypeOf(ceType: string): EventType | undefined {
  return byType.get(ceType);
}
