import { createHash } from 'node:crypto';
import {
  CancellationRequested,
  OrderCancelled,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
} from '@brew/events';
import type { Cause, Work } from '@brew/service';
import type { Fact, OrderState } from './domain/order.ts';
import type { AskedPayment, PaymentJob } from './store/paymentJobs.ts';

/** What is to be written for the payment provider's sake, when all facts of a transaction are known. */
export interface Agenda {
  jobs: PaymentJob[];
  /** Payments of which it is known what became of them. */
  settled: AskedPayment[];
}

/**
 * Turns a fact into what the world is to know or do: an event in the outbox, or a job for the payment provider.
 * @returns what a later event of this order follows from: the event just emitted, else the cause it was called with
 */
export function publish(work: Work, order: OrderState, fact: Fact, cause: Cause, agenda: Agenda): Cause {
  const { orderId, cafeId } = order;
  const followed = (eventId: string): Cause => ({ ...cause, causationId: eventId });

  switch (fact.type) {
    case 'PaymentRequested': {
      const { amount } = fact;
      agenda.jobs.push({ kind: 'payment', key: paymentKey(orderId), orderId, amount, cause });
      return cause;
    }

    case 'SettlementRequested': {
      const { amount } = fact;
      agenda.jobs.push({ kind: 'settle', key: paymentKey(orderId), orderId, amount, cause });
      return cause;
    }

    case 'RefundRequested': {
      const { paymentId, amount } = fact;
      agenda.jobs.push({
        kind: 'refund',
        key: refundKey(orderId, paymentId),
        orderId,
        paymentId,
        amount,
        cause,
      });
      return cause;
    }

    case 'PaymentReceived': {
      const { paymentId, amount, at } = fact;
      agenda.settled.push({ key: paymentKey(orderId), paymentId });
      return followed(work.emit(PaymentReceived, { orderId, paymentId, amount, receivedAt: at }, cause));
    }

    case 'PaymentFailed': {
      const { paymentId, reason, at } = fact;
      agenda.settled.push({ key: paymentKey(orderId), paymentId });
      return followed(work.emit(PaymentFailed, { orderId, paymentId, reason, failedAt: at }, cause));
    }

    case 'PaymentRefunded': {
      const { paymentId, refundId, amount, at } = fact;
      return followed(
        work.emit(PaymentRefunded, { orderId, paymentId, refundId, amount, refundedAt: at }, cause),
      );
    }

    case 'CancellationRequested':
      return followed(work.emit(CancellationRequested, { orderId, requestedAt: fact.at, cafeId }, cause));

    case 'OrderCancelled':
      return followed(
        work.emit(OrderCancelled, { orderId, reason: fact.reason, cancelledAt: fact.at }, cause),
      );

    case 'PaymentCalledOff':
    case 'StepReached':
      return cause;

    default:
      return unknownFact(fact);
  }
}

/** However often it is asked, the provider takes the money once; and by the same key it is called off. */
export const paymentKey = (orderId: string) => `payment-${orderId}`;

/** An order may have several payments to give back. Their ids are the provider's own, and no header takes each of their characters. */
const refundKey = (orderId: string, paymentId: string) =>
  `refund-${orderId}-${createHash('sha256').update(paymentId).digest('hex').slice(0, 16)}`;

function unknownFact(fact: never): never {
  throw new TypeError(`Not a fact: ${JSON.stringify(fact)}`);
}
