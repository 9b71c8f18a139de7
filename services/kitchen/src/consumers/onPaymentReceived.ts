import { PaymentReceived } from '@brew/events';
import { tells, time } from './tells.ts';

/** The other half of a ticket: "go". With both halves it is queued, and its cafe's next free barista takes it. */
export const onPaymentReceived = tells(PaymentReceived, ({ id, traceparent, data }) => ({
  orderId: data.orderId,
  paidAt: time(data.receivedAt),
  cause: { id, traceparent },
}));
