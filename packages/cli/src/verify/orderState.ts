import type { SeenEvent } from './seen.ts';

/** All that the topics tell of one order. */
export interface OrderState {
  id: string;
  /** Each event once, as it was first seen; of one partition in the order of their offsets. */
  events: SeenEvent[];
  /** Events that came again under the same id with another time or other content, or in another partition. */
  altered: SeenEvent[];
}

/**
 * When it began, in milliseconds, as far as can be told: its id is a UUIDv7, which has the time. An order may be refunded days later, when
 * retention has taken its first events.
 */
export function bornAt({ id, events }: Pick<OrderState, 'id' | 'events'>): number {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id) ?? [];
  const made = high && low ? Number.parseInt(high + low, 16) : Number.POSITIVE_INFINITY;
  return events.reduce((first, { time }) => Math.min(first, time), made);
}

/** The first event of a type. */
export function find(order: OrderState, name: string): SeenEvent | undefined {
  return order.events.find((event) => event.name === name);
}

export type End = 'delivered' | 'cancelled';

/** How it ended; undefined while it is open. Of two ends, which is a breach, the delivery counts. */
export function endOf(order: OrderState): End | undefined {
  if (find(order, 'OrderDelivered')) return 'delivered';
  return find(order, 'OrderCancelled') && 'cancelled';
}

/** What was given back, parted by whether it is of the payment that the order went ahead with, or of another one. */
export function refundsOf(order: OrderState): { accepted: SeenEvent[]; other: SeenEvent[] } {
  const paid = find(order, 'PaymentReceived');
  const { accepted = [], other = [] } = Object.groupBy(allOf(order, 'PaymentRefunded'), ({ payment }) =>
    paid && paid.payment === payment ? 'accepted' : 'other',
  );
  return { accepted, other };
}

/** The sum of the amounts of events, in minor units: two payments are two. */
export const sumOf = (events: readonly SeenEvent[]): number =>
  events.reduce((sum, { amount }) => sum + (amount?.amount ?? 0), 0);

export const allOf = ({ events }: OrderState, name: string): SeenEvent[] =>
  events.filter((event) => event.name === name);
