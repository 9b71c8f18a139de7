import type { Event } from './cloudEvents.ts';
import { BrewError } from './errors.ts';
import type { EventType } from './eventType.ts';
import { CancellationRequested, OrderCancelled, OrderPlaced } from './generated/events.ts';
import * as v2 from './generated/v2/events.ts';
import { successors, type Topic, topics } from './topics.ts';

/** How the events of a topic are said in the topic that takes over from it. */
export interface Bridge {
  /** The consumer group that it reads as: a literal that never changes, since its offsets tell how far it is. */
  readonly group: string;
  readonly source: Topic;
  readonly target: Topic;
  /** The events that it writes. */
  readonly types: readonly EventType[];
  /**
   * Says an event in the words of the target. It stays the same event, with the same id: whoever has handled the one needs
   * not handle the other.
   * @throws UntranslatableEventError
   */
  translate(event: Pick<Event, 'type' | 'data'>): Translation;
}

export interface Translation<Data = unknown> {
  type: EventType<Data>;
  data: Data;
}

/** An event can't be said in the words of the next topic, now or later. It goes to the bridge's dead letters. */
export class UntranslatableEventError extends BrewError {
  constructor(type: string, why: string) {
    super('BREW_EVENT_UNTRANSLATABLE', `${type} can't be bridged: ${why}.`);
  }
}

interface Rule<Old, New> {
  from: EventType<Old>;
  to: EventType<New>;
  map: (data: Old) => New;
}

/** Only here so that what `map` takes and gives is checked against the two types. */
const rule = <Old, New>(from: EventType<Old>, to: EventType<New>, map: (data: Old) => New) =>
  ({ from, to, map }) as unknown as Rule<unknown, unknown>;

/** In v2 an order has one currency: in v1 each price had its own, and only our own intake saw to it that they agree. */
export const ordersV2 = bridge('bridge-orders-v2', topics.orders, successors.orders, [
  rule(OrderPlaced, v2.OrderPlaced, ({ items, total, ...order }) => ({
    ...order,
    currency: total.currency,
    items: items.map(({ unitPrice, ...item }) => {
      if (unitPrice.currency !== total.currency) {
        const why = `${item.sku} is priced in ${unitPrice.currency}, the order in ${total.currency}`;
        throw new UntranslatableEventError(OrderPlaced.type, why);
      }
      return { ...item, unitPrice: unitPrice.amount };
    }),
    total: total.amount,
  })),
  rule(CancellationRequested, v2.CancellationRequested, (data) => data),
  rule(OrderCancelled, v2.OrderCancelled, (data) => data),
]);

/** Every bridge there is. */
export const bridges: readonly Bridge[] = [ordersV2];

function bridge(group: string, source: Topic, target: Topic, rules: Rule<unknown, unknown>[]): Bridge {
  const byType = new Map(rules.map(({ from, ...rest }) => [from.type, rest]));
  return {
    group,
    source,
    target,
    types: rules.map(({ to }) => to),
    translate({ type, data }) {
      const found = byType.get(type.type);
      if (!found) throw new UntranslatableEventError(type.type, `${target.name} has nothing for it`);
      return { type: found.to, data: found.map(data) };
    },
  };
}
