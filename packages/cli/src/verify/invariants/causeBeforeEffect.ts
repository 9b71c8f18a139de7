import { find, type OrderState } from '../orderState.ts';
import type { SeenEvent } from '../seen.ts';
import type { Finding, Invariant } from './finding.ts';

/** What must have happened before an event of an order: what its producer had read, or had published, by then. */
const needs: Readonly<Record<string, readonly string[]>> = {
  CancellationRequested: ['OrderPlaced', 'PaymentReceived'],
  OrderCancelled: ['OrderPlaced'],
  StockReserved: ['OrderPlaced'],
  StockRejected: ['OrderPlaced'],
  StockReleased: ['StockReserved', 'OrderCancelled'],
  PaymentReceived: ['OrderPlaced', 'StockReserved'],
  PaymentFailed: ['OrderPlaced', 'StockReserved'],
  PaymentRefunded: ['OrderPlaced', 'OrderCancelled'],
  KitchenStarted: ['OrderPlaced', 'PaymentReceived'],
  OrderReady: ['KitchenStarted'],
  TicketDropped: ['OrderPlaced', 'PaymentReceived', 'CancellationRequested'],
  CourierAssigned: ['OrderReady'],
  OrderDelivered: ['CourierAssigned'],
};

/** What comes first in a partition when an order has both, without the one being a condition of the other. */
const sequences: readonly (readonly [string, string])[] = [
  ['CancellationRequested', 'OrderCancelled'],
  ['PaymentReceived', 'PaymentRefunded'],
  ['PaymentFailed', 'PaymentRefunded'],
];

/**
 * There is no order between topics, so "before" is told by ce_time, which is set when an event is emitted: by then its
 * producer had read what it follows from, which had its time already. That holds as long as the services' clocks agree,
 * and they do on one machine; the same millisecond is fine. Within a partition the offset has to agree as well.
 */
export const causeBeforeEffect: Invariant = {
  name: 'cause-before-effect',
  promise: 'no event of an order is there before, or without, what led to it',
  check(order) {
    return [...scattered(order), ...order.events.flatMap((event) => [...conditions(order, event)])];
  },
};

function* conditions(order: OrderState, event: SeenEvent): Generator<Finding> {
  for (const name of needs[event.name] ?? []) {
    const needed = find(order, name);
    if (!needed) yield { sentence: `has ${event.name} without ${name}`, since: event.time };
    else if (!isBefore(needed, event)) yield { sentence: `has ${event.name} before ${name}` };
  }
  for (const [first, second] of sequences) {
    const earlier = second === event.name ? find(order, first) : undefined;
    if (earlier && !isBefore(earlier, event)) yield { sentence: `has ${second} before ${first}` };
  }
  if (event.causeId === undefined) return;
  const cause = order.events.find(({ id }) => id === event.causeId);
  if (!cause) {
    yield { sentence: `has ${event.name}, and what led to it is nowhere`, since: event.time };
  } else if (!isBefore(cause, event)) {
    yield { sentence: `has ${event.name} before ${cause.name}, which led to it` };
  }
}

function isBefore(one: SeenEvent, other: SeenEvent): boolean {
  if (one.topic === other.topic && one.partition === other.partition && one.offset >= other.offset)
    return false;
  return one.time <= other.time;
}

/** One key is one partition. In two of them, nobody who reads the order's events knows which was first. */
function* scattered({ events }: OrderState): Generator<Finding> {
  for (const event of events) {
    const elsewhere = events.find(
      ({ topic, partition }) => topic === event.topic && partition < event.partition,
    );
    if (elsewhere) {
      const { topic, partition } = elsewhere;
      yield {
        sentence: `has ${event.name} in partition ${event.partition} of ${topic}, the rest in ${partition}`,
      };
      return;
    }
  }
}
