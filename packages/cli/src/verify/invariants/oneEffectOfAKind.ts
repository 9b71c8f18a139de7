import type { OrderState } from '../orderState.ts';
import type { SeenEvent } from '../seen.ts';
import type { Finding, Invariant } from './finding.ts';

/** Answers to the same question: an order gets one of each. How an order ends is told by one-end. */
const kinds: readonly (readonly string[])[] = [
  ['StockReserved', 'StockRejected'],
  ['PaymentReceived', 'PaymentFailed'],
  ['KitchenStarted', 'TicketDropped'],
];

/** Staff may ask the kitchen once more, and are answered once more: that changes nothing. */
const REPEATABLE = new Set(['CancellationRequested', 'TicketDropped']);

/**
 * The same event twice in a partition is none: the relay may send it again, and whoever reads it drops it by its id. In another partition it
 * was written by somebody else, and for its readers the order of the key's events is lost.
 */
export const oneEffectOfAKind: Invariant = {
  name: 'one-effect-of-a-kind',
  promise: 'nothing happens to an order twice',
  check: (order) => [...doubled(order)],
};

function* doubled({ events, altered }: OrderState): Generator<Finding> {
  const names = new Set(events.map(({ name }) => name));
  const seen = new Set<string>();
  for (const { name, payment } of events) {
    // An order may have several payments to give back, each once.
    const effect = name === 'PaymentRefunded' ? `${name} ${payment}` : name;
    if (seen.has(effect) && !REPEATABLE.has(name))
      yield { sentence: `has ${name} more than once, as different events` };
    seen.add(effect);
  }
  for (const kind of kinds) {
    if (kind.every((name) => names.has(name))) yield { sentence: `has both ${kind.join(' and ')}` };
  }
  for (const event of altered) yield { sentence: again(event, events) };
}

/** Which of two partitions was read first is chance. */
function again(event: SeenEvent, events: readonly SeenEvent[]): string {
  const { name, content } = event;
  const same = events.find(({ id }) => id === event.id) ?? event;
  const isSame = same.name === name && same.content === content;
  if (same.topic === event.topic && same.partition === event.partition)
    return `has ${name} again, under the same id with ${isSame ? 'another time' : 'other content'}`;
  const both = [same, event].toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
  const places = both.map(
    ({ topic, partition, offset }) => `${topic}, partition ${partition}, offset ${offset}`,
  );
  const names = [...new Set(both.map((each) => each.name))].join(' and ');
  return `has ${names} under one id in two partitions: ${places.join('; ')}`;
}
