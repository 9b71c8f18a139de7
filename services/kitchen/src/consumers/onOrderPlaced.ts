import { OrderPlaced } from '@brew/events';
import { handle } from '@brew/service';
import { preparationSeconds } from '../domain/preparation.ts';
import { record } from '../store/tickets.ts';
import { dropIfAsked } from './dropIfAsked.ts';

/** The one half of a ticket: what to make, for whom. PaymentReceived is the other; either may come first. */
export const onOrderPlaced = handle(OrderPlaced, async ({ id, traceparent, data }, work) => {
  const ticket = await record(work.tx, data.orderId, {
    cafe_id: data.cafeId,
    customer: JSON.stringify(data.customer),
    items: JSON.stringify(data.items.map(({ name, quantity }) => ({ name, quantity }))),
    preparation_seconds: preparationSeconds(data.items),
    placed_at: new Date(data.placedAt),
    cause_id: id,
    traceparent,
  });
  await dropIfAsked(ticket, work);
});
