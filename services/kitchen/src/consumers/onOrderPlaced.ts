import { OrderPlaced } from '@brew/events';
import { preparationSeconds } from '../domain/preparation.ts';
import { tells, time } from './tells.ts';

/** The one half of a ticket: what to make, for whom. PaymentReceived is the other; either may come first. */
export const onOrderPlaced = tells(OrderPlaced, ({ id, traceparent, data }) => ({
  orderId: data.orderId,
  cafeId: data.cafeId,
  customer: data.customer,
  items: data.items.map(({ name, quantity }) => ({ name, quantity })),
  preparationSeconds: preparationSeconds(data.items),
  placedAt: time(data.placedAt),
  cause: { id, traceparent },
}));
