import { OrderCancelled } from '@brew/events';
import { handle } from '@brew/service';
import { record } from '../store/tickets.ts';

/** Before the payment order-service cancels by itself: the ticket is closed, and nobody needs to be told. */
export const onOrderCancelled = handle(OrderCancelled, async ({ data }, { tx }) => {
  await record(tx, data.orderId, { cancelled_at: new Date(data.cancelledAt) });
});
