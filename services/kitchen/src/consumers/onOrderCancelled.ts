import { OrderCancelled } from '@brew/events';
import { tells, time } from './tells.ts';

/** Before the payment order-service cancels by itself: the ticket is closed, and nobody needs to be told. */
export const onOrderCancelled = tells(OrderCancelled, ({ data }) => ({
  orderId: data.orderId,
  cancelledAt: time(data.cancelledAt),
}));
