import { describe, expect, it, test } from '@jest/globals';
import { orderOf, seen } from '../testing/orderOf.ts';
import { type AnyEvent, type Flow, soundOrder } from '../testing/soundOrder.ts';
import { causeBeforeEffect } from './causeBeforeEffect.ts';

const at = Date.parse('2026-01-01T12:00:00Z');
const check = (events: readonly AnyEvent[]) => causeBeforeEffect.check(orderOf(events));
const named = (name: string) => (event: AnyEvent) => event.type.name === name;

/** A way that an order goes, an event on it, and each that must have been there before: what it is told by, and no more. */
const conditions: [Flow, effect: string, ...causes: string[]][] = [
  ['cancelled after paying', 'CancellationRequested', 'OrderPlaced', 'PaymentReceived'],
  ['out of stock', 'OrderCancelled', 'OrderPlaced'],
  ['delivered', 'StockReserved', 'OrderPlaced'],
  ['out of stock', 'StockRejected', 'OrderPlaced'],
  ['not paid', 'StockReleased', 'StockReserved', 'OrderCancelled'],
  ['delivered', 'PaymentReceived', 'OrderPlaced', 'StockReserved'],
  ['declined', 'PaymentFailed', 'OrderPlaced', 'StockReserved'],
  ['paid too late', 'PaymentRefunded', 'OrderPlaced'],
  ['cancelled after paying', 'PaymentRefunded', 'OrderPlaced', 'OrderCancelled'],
  ['delivered', 'KitchenStarted', 'OrderPlaced', 'PaymentReceived'],
  ['delivered', 'OrderReady', 'KitchenStarted'],
  ['cancelled after paying', 'TicketDropped', 'OrderPlaced', 'PaymentReceived', 'CancellationRequested'],
  ['delivered', 'CourierAssigned', 'OrderReady'],
  ['delivered', 'OrderDelivered', 'CourierAssigned'],
];
const pairs = conditions.flatMap(([flow, effect, ...causes]) =>
  causes.map((cause) => ({ flow, effect, cause })),
);

/** Comes first without being a condition: what both are in, the one and the other. */
const sequences = [
  {
    events: soundOrder('cancelled after paying', at),
    first: 'CancellationRequested',
    second: 'OrderCancelled',
  },
  { events: soundOrder('cancelled after paying', at), first: 'PaymentReceived', second: 'PaymentRefunded' },
];

describe('an event', () => {
  it.each(pairs)('$effect needs $cause: without it, it is a finding once it was due', (pair) => {
    const { flow, effect, cause } = pair;
    const events = soundOrder(flow, at);
    const since = events.find(named(effect))?.time.getTime();
    const missing = { events: [cause], since };
    const left = events.filter((event) => !named(cause)(event));
    expect(check(left)).toContainEqual({ sentence: `has ${effect} without ${cause}`, missing });
  });

  it.each(pairs)('$effect needs $cause: before it, it is a finding for good', ({ flow, effect, cause }) => {
    const events = soundOrder(flow, at);
    const [one, other] = [events.findIndex(named(effect)), events.findIndex(named(cause))];
    const isOneTopic = events[one]?.type.topic.name === events[other]?.type.topic.name;
    // Between topics it is told by what follows from what, within one by its place.
    const wrong = isOneTopic
      ? events.with(one, events[other] as AnyEvent).with(other, events[one] as AnyEvent)
      : events.with(other, { ...(events[other] as AnyEvent), causationId: events[one]?.id as string });
    expect(check(wrong)).toContainEqual({ sentence: `has ${effect} before ${cause}` });
  });

  it.each(sequences)('$second comes after $first in their partition', ({ events, first, second }) => {
    expect(check(events)).toEqual([]);
    const [one, other] = [events.findIndex(named(first)), events.findIndex(named(second))];
    const swapped = events.with(one, events[other] as AnyEvent).with(other, events[one] as AnyEvent);
    const sameTime = swapped.map((event) => ({ ...event, time: new Date(at) }));
    expect(check(sameTime)).toContainEqual({ sentence: `has ${second} before ${first}` });
  });
});

test('times tell nothing: clocks differ', () => {
  const events = soundOrder('cancelled after paying', at);
  const backwards = events.map((event, index) => ({ ...event, time: new Date(at - index * 600_000) }));
  expect(check(backwards)).toEqual([]);
});

test('another payment is given back before the right one comes, or after it, whatever becomes of the order', () => {
  const events = soundOrder('paid twice', at);
  const index = events.findIndex(named('PaymentRefunded'));
  const refund = events[index] as AnyEvent;
  expect(check(events)).toEqual([]);
  expect(check([...events.toSpliced(index, 1), refund])).toEqual([]);
});

test('a cause that is not there may still come, and one that is later is a finding for good', () => {
  const events = soundOrder('delivered', at);
  const index = events.findIndex(named('OrderReady'));
  const ready = events[index] as AnyEvent;
  const of = (causationId: string) => check(events.with(index, { ...ready, causationId }));
  expect(of(ready.correlationId)).toEqual([
    {
      sentence: 'has OrderReady, and what led to it is nowhere',
      missing: { since: ready.time.getTime() },
    },
  ]);
  expect(of(events.at(-1)?.id ?? '')).toContainEqual({
    sentence: 'has OrderReady before OrderDelivered, which led to it',
  });
});

test('an order in two partitions of a topic is a finding, said once', () => {
  const elsewhere = ['OrderReady', 'OrderDelivered'];
  const events = soundOrder('delivered', at).map((event, offset) =>
    seen(event, offset, elsewhere.includes(event.type.name) ? 4 : 3),
  );
  expect(causeBeforeEffect.check({ id: 'order-1', events, altered: [] })).toEqual([
    { sentence: 'has OrderReady in partition 4 of brew.kitchen.v1, the rest in 3' },
  ]);
});
