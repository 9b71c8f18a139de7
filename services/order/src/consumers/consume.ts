import type { Event, EventType } from '@brew/events';
import { type Handler, handle } from '@brew/service';
import { changeOrder } from '../changeOrder.ts';
import type { Command } from '../domain/decide.ts';

/**
 * All that order-service does with other services' events: an event becomes a command to the order that it is about,
 * and what follows from that is caused by the event.
 */
export function consume<Data extends { orderId: string }>(
  type: EventType<Data>,
  toCommand: (data: Data) => Command,
): Handler {
  return handle(type, async (event: Event<Data>, work) => {
    const cause = { causationId: event.id, traceparent: event.traceparent };
    await changeOrder(work, event.data.orderId, toCommand(event.data), cause);
  });
}
