import { PaymentReceived } from '@brew/events';
import { handle } from '@brew/service';
import { record } from '../store/tickets.ts';

/** The other half of a ticket: "go". With both halves it is queued, and its cafe's next free barista takes it. */
export const onPaymentReceived = handle(PaymentReceived, async ({ id, traceparent, data }, { tx }) => {
  await record(tx, data.orderId, { paid_at: new Date(data.receivedAt), cause_id: id, traceparent });
});
