import type { SeenEvent } from './seen.ts';

/** All that the topics tell of one order. */
export interface OrderState {
  id: string;
  /** Each event once, as it was first seen; of one partition in the order of their offsets. */
  events: SeenEvent[];
  /** Events that came again under the same id with other content, or in another partition. */
  altered: SeenEvent[];
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
