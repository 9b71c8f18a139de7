import { CancellationRequested } from '@brew/events';
import { handle } from '@brew/service';
import { record } from '../store/tickets.ts';
import { dropIfAsked } from './dropIfAsked.ts';

/** The customer changed their mind after paying: the ticket is dropped, unless a barista has it already. */
export const onCancellationRequested = handle(CancellationRequested, async ({ data }, work) => {
  const ticket = await record(work.tx, data.orderId, {
    cancellation_requested_at: new Date(data.requestedAt),
  });
  await dropIfAsked(ticket, work);
});
