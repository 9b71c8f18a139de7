import type { OrderState } from '../orderState.ts';
import type { Finding, Invariant } from './finding.ts';

/** Answers to the same question: an order gets one of each. How an order ends is told by one-end. */
const kinds: readonly (readonly string[])[] = [
  ['StockReserved', 'StockRejected'],
  ['PaymentReceived', 'PaymentFailed'],
  ['KitchenStarted', 'TicketDropped'],
];

/** The same event twice in a topic is none: the relay may send it again, and whoever reads it drops it by its id. */
export const oneEffectOfAKind: Invariant = {
  name: 'one-effect-of-a-kind',
  promise: 'nothing happens to an order twice',
  check: (order) => [...doubled(order)],
};

function* doubled({ events, altered }: OrderState): Generator<Finding> {
  const names = new Set<string>();
  for (const { name } of events) {
    if (names.has(name)) yield { sentence: `has ${name} more than once, as different events` };
    names.add(name);
  }
  for (const kind of kinds) {
    if (kind.every((name) => names.has(name))) yield { sentence: `has both ${kind.join(' and ')}` };
  }
  for (const { name } of altered)
    yield { sentence: `has ${name} again, under the same id with other content` };
}
