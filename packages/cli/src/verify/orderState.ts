import type { SeenEvent } from './seen.ts';

/** All that the topics tell of one order. */
export interface OrderState {
  id: string;
  /** Each event once, as it was first seen; of one partition in the order of their offsets. */
  events: SeenEvent[];
  /** Events that came again under the same id with other content. */
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

/** The sum of the amounts of all events of a type, in minor units: two payments are two. */
export function sumOf(order: OrderState, name: string): number {
  return order.events.reduce(
    (sum, event) => (event.name === name ? sum + (event.amount?.amount ?? 0) : sum),
    0,
  );
}
