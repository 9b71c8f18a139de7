import { duration } from '../../text/format.ts';
import { find, type OrderState, refundsOf } from '../orderState.ts';
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
  PaymentRefunded: ['OrderPlaced'],
  KitchenStarted: ['OrderPlaced', 'PaymentReceived'],
  OrderReady: ['KitchenStarted'],
  TicketDropped: ['OrderPlaced', 'PaymentReceived', 'CancellationRequested'],
  CourierAssigned: ['OrderReady'],
  OrderDelivered: ['CourierAssigned'],
};

/** What comes first in a partition when an order has both, without the one being a condition of the other. */
const sequences: readonly (readonly [string, string])[] = [['CancellationRequested', 'OrderCancelled']];

/**
 * There is no order between topics, and times are of clocks that may differ: so "before" is told by what follows from what (ce_causationid),
 * and within a partition by the offset.
 */
export const causeBeforeEffect: Invariant = {
  name: 'cause-before-effect',
  promise: 'no event of an order is there before, or without, what led to it',
  check(order) {
    return [
      ...fromTheFuture(order),
      ...scattered(order),
      ...order.events.flatMap((event) => [...conditions(order, event)]),
    ];
  },
};

/** What lies ahead can't be told as missing either: it would never be due. */
function* fromTheFuture({ events }: OrderState): Generator<Finding> {
  for (const { name, aheadMs } of events) {
    if (aheadMs !== undefined)
      yield { sentence: `has ${name} from the future: ${duration(aheadMs)} after its record was written` };
  }
}

function* conditions(order: OrderState, event: SeenEvent): Generator<Finding> {
  const { accepted } = refundsOf(order);
  const more = accepted.includes(event) ? ['OrderCancelled', 'PaymentReceived'] : [];
  for (const name of [...(needs[event.name] ?? []), ...more]) {
    const needed = find(order, name);
    const missing = { events: [name], since: event.time };
    if (!needed) yield { sentence: `has ${event.name} without ${name}`, missing };
    else if (isBehind(order, needed, event)) yield { sentence: `has ${event.name} before ${name}` };
  }
  for (const [first, second] of sequences) {
    const earlier = second === event.name ? find(order, first) : undefined;
    if (earlier && isBehind(order, earlier, event)) yield { sentence: `has ${second} before ${first}` };
  }
  if (event.causeId === undefined) return;
  const cause = causeOf(order, event);
  if (!cause) {
    yield { sentence: `has ${event.name}, and what led to it is nowhere`, missing: { since: event.time } };
  } else if (isBehind(order, cause, event)) {
    yield { sentence: `has ${event.name} before ${cause.name}, which led to it` };
  }
}

const causeOf = ({ events }: OrderState, { causeId }: SeenEvent) => events.find(({ id }) => id === causeId);

/** Whether one event can't have been there before the other: it stands behind it in its partition, or follows from it. */
function isBehind(order: OrderState, one: SeenEvent, other: SeenEvent): boolean {
  if (one.topic === other.topic && one.partition === other.partition) return one.offset >= other.offset;
  const passed = new Set<SeenEvent>();
  for (let at: SeenEvent | undefined = one; at && !passed.has(at); at = causeOf(order, at)) {
    if (at === other) return true;
    passed.add(at);
  }
  return false;
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
