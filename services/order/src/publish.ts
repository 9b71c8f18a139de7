import {
  CancellationRequested,
  OrderCancelled,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
} from '@brew/events';
import type { Cause, Work } from '@brew/service';
import type { Fact } from './domain/order.ts';
import type { PaymentJob } from './store/paymentJobs.ts';

/** What is to be written for the payment provider's sake, when all facts of a transaction are known. */
export interface Agenda {
  jobs: PaymentJob[];
  /** Orders whose payment is not to be asked for any more. */
  withdrawn: string[];
}

/**
 * Turns a fact into what the world is to know or do: an event in the outbox, or a job for the payment provider.
 * @returns what a later event of this order follows from: the event just emitted, else the cause it was called with
 */
export function publish(work: Work, orderId: string, fact: Fact, cause: Cause, agenda: Agenda): Cause {
  const followed = (eventId: string): Cause => ({ ...cause, causationId: eventId });

  switch (fact.type) {
    case 'PaymentRequested': {
      const { amount } = fact;
      // The order's id is the key: however often it is asked, the provider takes the money once.
      agenda.jobs.push({ kind: 'payment', key: `payment-${orderId}`, orderId, amount, cause });
      return cause;
    }

    case 'RefundRequested': {
      const { paymentId, amount } = fact;
      agenda.jobs.push({ kind: 'refund', key: `refund-${orderId}`, orderId, paymentId, amount, cause });
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
      agenda.withdrawn.push(orderId);
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
