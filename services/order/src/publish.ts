import {
  CancellationRequested,
  OrderCancelled,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
} from '@brew/events';
import type { Cause, Work } from '@brew/service';
import type { Fact, Order } from './domain/order.ts';
import { addPaymentJob, withdrawPayment } from './store/paymentJobs.ts';

/**
 * Turns a fact into what the world is to know or do: an event in the outbox, or a job for the payment provider.
 * @returns what a later event of this order follows from: the event just emitted, else the cause it was called with
 */
export async function publish(work: Work, order: Order, fact: Fact, cause: Cause): Promise<Cause> {
  const { orderId } = order;
  const followed = (eventId: string): Cause => ({ ...cause, causationId: eventId });

  switch (fact.type) {
    case 'PaymentRequested':
      // The order's id is the key: however often it is asked, the provider takes the money once.
      await addPaymentJob(work.tx, {
        kind: 'payment',
        key: `payment-${orderId}`,
        orderId,
        amount: fact.amount,
        cause,
      });
      return cause;

    case 'RefundRequested': {
      const { paymentId, amount } = fact;
      await addPaymentJob(work.tx, {
        kind: 'refund',
        key: `refund-${orderId}`,
        orderId,
        paymentId,
        amount,
        cause,
      });
      return cause;
    }

    case 'PaymentReceived': {
      const { paymentId, amount, at } = fact;
      return followed(work.emit(PaymentReceived, { orderId, paymentId, amount, receivedAt: at }, cause));
    }

    case 'PaymentFailed': {
      const { paymentId, reason, at } = fact;
      return followed(work.emit(PaymentFailed, { orderId, paymentId, reason, failedAt: at }, cause));
    }

    case 'PaymentRefunded': {
      const { paymentId, refundId, amount, at } = fact;
      return followed(
        work.emit(PaymentRefunded, { orderId, paymentId, refundId, amount, refundedAt: at }, cause),
      );
    }

    case 'CancellationRequested':
      return followed(work.emit(CancellationRequested, { orderId, requestedAt: fact.at }, cause));

    case 'OrderCancelled':
      await withdrawPayment(work.tx, orderId);
      return followed(
        work.emit(OrderCancelled, { orderId, reason: fact.reason, cancelledAt: fact.at }, cause),
      );

    case 'StepReached':
      return cause;

    default:
      return unknownFact(fact);
  }
}

function unknownFact(fact: never): never {
  throw new TypeError(`Not a fact: ${JSON.stringify(fact)}`);
}
