import type { EventType } from '@brew/events';
import { type Handler, handleTogether } from '@brew/service';
import type { Change, ChangeOrders } from '../changeOrders.ts';
import type { Command } from '../domain/decide.ts';

/** What an event of another service means to the order that it is about. */
export interface Consumer {
  type: EventType<{ orderId: string }>;
  toCommand(data: { orderId: string }): Command;
}

export function consume<Data extends { orderId: string }>(
  type: EventType<Data>,
  toCommand: (data: Data) => Command,
): Consumer {
  return { type: type as unknown as Consumer['type'], toCommand: toCommand as Consumer['toCommand'] };
}

/**
 * All that order-service does with other services' events: each becomes a command to its order, and what follows from
 * that is caused by the event. Events of any topics that come at the same time are one change of many orders.
 */
export function changeByEvents(consumers: readonly Consumer[], changeOrders: ChangeOrders): Handler {
  const commands = new Map(consumers.map(({ type, toCommand }) => [type.type, toCommand]));
  const types = consumers.map(({ type }) => type);

  return handleTogether(types, async (deliveries, tx) => {
    const changes = deliveries.flatMap(({ event, work }): Change[] => {
      const command = commands.get(event.type.type)?.(event.data);
      const cause = { causationId: event.id, traceparent: event.traceparent };
      return command ? [{ orderId: event.data.orderId, command, work, cause }] : [];
    });
    await changeOrders(tx, changes);
  });
}
