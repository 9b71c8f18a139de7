import { CancellationRequested } from '@brew/events';
import { tells, time } from './tells.ts';

/** The customer changed their mind after paying: the ticket is dropped, unless a barista has it already. */
export const onCancellationRequested = tells(CancellationRequested, ({ data }) => ({
  orderId: data.orderId,
  cancellationRequestedAt: time(data.requestedAt),
}));
