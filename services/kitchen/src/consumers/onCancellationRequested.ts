import { CancellationRequested } from '@brew/events';
import { tells, time } from './tells.ts';

/** A paid order is not wanted any more: its ticket is dropped, also when nothing else of the order ever came here, unless a barista has it. */
export const onCancellationRequested = tells(CancellationRequested, ({ data }) => ({
  orderId: data.orderId,
  cancellationRequestedAt: time(data.requestedAt),
  ...(data.cafeId !== null && { cafeId: data.cafeId }),
}));
