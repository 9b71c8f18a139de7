import type { Money } from '@brew/events';
import {
  type CancelReason,
  type Fact,
  type Instant,
  isFinal,
  type LaterStep,
  type OrderState,
} from './order.ts';

/** What somebody wants of an order: the customer, the payment provider, another service's event, or the clock. */
export type Command =
  | { type: 'confirmStock'; at: Instant }
  | { type: 'refuseStock'; at: Instant }
  | { type: 'receivePayment'; paymentId: string; amount: Money; at: Instant }
  | { type: 'failPayment'; paymentId: string; reason: string; at: Instant }
  /** Too long without an answer: from the stock, or from a provider that could not be asked. */
  | { type: 'expire'; at: Instant }
  /** The provider says that it has no payment of this order's total, and takes none any more. */
  | { type: 'giveUp'; at: Instant }
  /** What was given back is what the provider had taken, which need not be what was told of the payment first. */
  | { type: 'recordRefund'; paymentId: string; refundId: string; amount: Money; at: Instant }
  | { type: 'cancel'; at: Instant }
  /** Staff asks the kitchen, also once more: it may never have heard of the order, or of the customer's wish. */
  | { type: 'cancelOverdue'; at: Instant }
  /** Staff ends it here, however far it has come: nobody will bring it any more. */
  | { type: 'refundOverdue'; at: Instant }
  | { type: 'dropTicket'; at: Instant }
  | { type: 'recordStep'; step: LaterStep; at: Instant };

/**
 * Decides what happens to an order. Commands come late, twice and in any order (there is none between topics), so each
 * is answered from the order's state alone, and one that has nothing left to change is answered with no facts.
 *
 * Who may end an order: until PaymentReceived this service alone; after it the kitchen, by dropping or starting the
 * ticket. That is why nothing but `dropTicket` cancels an order that is paid, and `refundOverdue`, for which a person answers.
 */
export function decide(order: OrderState, command: Command): Fact[] {
  switch (command.type) {
    case 'confirmStock':
      if (order.status !== 'placed' || order.payment.state !== 'none') return [];
      // Nobody is asked for nothing, and yet PaymentReceived is what makes everybody go ahead.
      if (order.total.amount === 0) {
        const paymentId = `free-${order.orderId}`;
        return [{ type: 'PaymentReceived', paymentId, amount: order.total, at: command.at }];
      }
      return [{ type: 'PaymentRequested', amount: order.total }];

    case 'refuseStock':
      return order.status === 'placed' ? cancelUnpaid(order, 'out_of_stock', command.at) : [];

    case 'receivePayment': {
      const { paymentId, amount, at } = command;
      if (isKnown(order, paymentId)) return [];
      // Whatever else comes must not be published as received: to everybody that means "go".
      const isAwaited = order.status === 'placed' && order.payment.state === 'requested';
      return isAwaited && isSameMoney(amount, order.total)
        ? [{ type: 'PaymentReceived', paymentId, amount, at }]
        : [{ type: 'RefundRequested', paymentId, amount }];
    }

    case 'failPayment': {
      const { paymentId, reason, at } = command;
      if (order.status !== 'placed' || order.payment.state !== 'requested') return [];
      return [
        { type: 'PaymentFailed', paymentId, reason, at },
        { type: 'OrderCancelled', reason: 'payment_failed', at },
      ];
    }

    case 'expire':
      if (order.status !== 'placed') return [];
      return order.payment.state === 'requested'
        ? [{ type: 'SettlementRequested', amount: order.total }]
        : cancelUnpaid(order, 'payment_timeout', command.at);

    case 'giveUp': {
      const calledOff: Fact[] = order.payment.state === 'requested' ? [{ type: 'PaymentCalledOff' }] : [];
      if (order.status !== 'placed') return calledOff;
      return [...calledOff, { type: 'OrderCancelled', reason: 'payment_timeout', at: command.at }];
    }

    case 'recordRefund': {
      const { paymentId, refundId, amount, at } = command;
      return isToRefund(order, paymentId)
        ? [{ type: 'PaymentRefunded', paymentId, refundId, amount, at }]
        : [];
    }

    case 'cancel':
      if (order.status === 'placed') return cancelUnpaid(order, 'customer_request', command.at);
      if (order.status === 'paid' && order.cancellationRequestedAt === undefined)
        return [{ type: 'CancellationRequested', at: command.at }];
      return [];

    case 'cancelOverdue':
      return order.status === 'paid' ? [{ type: 'CancellationRequested', at: command.at }] : [];

    case 'refundOverdue':
      return isFinal(order.status) ? [] : cancelPaid(order, command.at);

    case 'dropTicket':
      return order.status === 'paid' ? cancelPaid(order, command.at) : [];

    case 'recordStep':
      // Kitchen and courier act only on a paid order: before that, or after a cancellation, it is not about this order.
      if (order.payment.state !== 'received' || order.times[command.step] !== undefined) return [];
      return [{ type: 'StepReached', step: command.step, at: command.at }];

    default:
      return unknownCommand(command);
  }
}

/** A payment that is under way is called off; should it have succeeded already, nobody is to depend on a webhook for that. */
function cancelUnpaid({ payment, total }: OrderState, reason: CancelReason, at: Instant): Fact[] {
  const cancelled: Fact = { type: 'OrderCancelled', reason, at };
  return payment.state === 'requested'
    ? [cancelled, { type: 'SettlementRequested', amount: total }]
    : [cancelled];
}

/** Nothing of an order that is not paid. */
function cancelPaid({ payment }: OrderState, at: Instant): Fact[] {
  if (payment.state !== 'received') return [];
  const { paymentId, amount } = payment;
  return [
    { type: 'OrderCancelled', reason: 'customer_request', at },
    amount.amount === 0
      ? { type: 'PaymentRefunded', paymentId, refundId: paymentId, amount, at }
      : { type: 'RefundRequested', paymentId, amount },
  ];
}

function isKnown({ payment, otherPayments }: OrderState, paymentId: string): boolean {
  const isIt = (known: object) => 'paymentId' in known && known.paymentId === paymentId;
  return isIt(payment) || otherPayments.some(isIt);
}

/** Whether that payment is to be given back, and is not yet. */
function isToRefund({ payment, otherPayments }: OrderState, paymentId: string): boolean {
  if (payment.state === 'refunding' && payment.paymentId === paymentId) return true;
  return otherPayments.some((other) => other.paymentId === paymentId && other.refundId === undefined);
}

export const isSameMoney = (a: Money, b: Money) => a.amount === b.amount && a.currency === b.currency;

function unknownCommand(command: never): never {
  throw new TypeError(`Not a command: ${JSON.stringify(command)}`);
}
