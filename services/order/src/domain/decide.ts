import type { Money } from '@brew/events';
import type { Fact, Instant, LaterStep, OrderState } from './order.ts';

/** What somebody wants of an order: the customer, the payment provider, another service's event, or the clock. */
export type Command =
  | { type: 'confirmStock' }
  | { type: 'refuseStock'; at: Instant }
  | { type: 'receivePayment'; paymentId: string; amount: Money; at: Instant }
  | { type: 'failPayment'; paymentId: string; reason: string; at: Instant }
  | { type: 'expirePayment'; at: Instant }
  | { type: 'recordRefund'; paymentId: string; refundId: string; at: Instant }
  | { type: 'cancel'; at: Instant }
  | { type: 'dropTicket'; at: Instant }
  | { type: 'recordStep'; step: LaterStep; at: Instant };

/**
 * Decides what happens to an order. Commands come late, twice and in any order (there is none between topics), so each
 * is answered from the order's state alone, and one that has nothing left to change is answered with no facts.
 *
 * Who may end an order: until PaymentReceived this service alone; after it the kitchen, by dropping or starting the
 * ticket. That is why nothing but `dropTicket` cancels an order that is paid.
 */
export function decide(order: OrderState, command: Command): Fact[] {
  switch (command.type) {
    case 'confirmStock':
      return order.status === 'placed' && order.payment.state === 'none'
        ? [{ type: 'PaymentRequested', amount: order.total }]
        : [];

    case 'refuseStock':
      return order.status === 'placed'
        ? [{ type: 'OrderCancelled', reason: 'out_of_stock', at: command.at }]
        : [];

    case 'receivePayment': {
      const { paymentId, amount, at } = command;
      if (hasMoney(order)) return [];
      // It came after the cancellation. It must not be published as received: to everybody that means "go".
      if (order.status !== 'placed') return [{ type: 'RefundRequested', paymentId, amount }];
      if (!sameMoney(amount, order.total)) {
        return [
          { type: 'PaymentFailed', paymentId, reason: 'wrong_amount', at },
          { type: 'OrderCancelled', reason: 'payment_failed', at },
          { type: 'RefundRequested', paymentId, amount },
        ];
      }
      return [{ type: 'PaymentReceived', paymentId, amount, at }];
    }

    case 'failPayment': {
      const { paymentId, reason, at } = command;
      if (order.status !== 'placed') return [];
      return [
        { type: 'PaymentFailed', paymentId, reason, at },
        { type: 'OrderCancelled', reason: 'payment_failed', at },
      ];
    }

    case 'expirePayment':
      return order.status === 'placed'
        ? [{ type: 'OrderCancelled', reason: 'payment_timeout', at: command.at }]
        : [];

    case 'recordRefund': {
      const { payment } = order;
      if (payment.state !== 'refunding' || payment.paymentId !== command.paymentId) return [];
      const { paymentId, refundId, at } = command;
      return [{ type: 'PaymentRefunded', paymentId, refundId, amount: payment.amount, at }];
    }

    case 'cancel':
      if (order.status === 'placed')
        return [{ type: 'OrderCancelled', reason: 'customer_request', at: command.at }];
      if (order.status === 'paid' && order.cancellationRequestedAt === undefined)
        return [{ type: 'CancellationRequested', at: command.at }];
      return [];

    case 'dropTicket': {
      const { payment } = order;
      if (order.status !== 'paid' || payment.state !== 'received') return [];
      return [
        { type: 'OrderCancelled', reason: 'customer_request', at: command.at },
        { type: 'RefundRequested', paymentId: payment.paymentId, amount: payment.amount },
      ];
    }

    case 'recordStep':
      // Kitchen and courier act only on a paid order: before that, or after a cancellation, it is not about this order.
      if (order.payment.state !== 'received' || order.times[command.step] !== undefined) return [];
      return [{ type: 'StepReached', step: command.step, at: command.at }];

    default:
      return unknownCommand(command);
  }
}

function hasMoney({ payment }: OrderState): boolean {
  return payment.state === 'received' || payment.state === 'refunding' || payment.state === 'refunded';
}

const sameMoney = (a: Money, b: Money) => a.amount === b.amount && a.currency === b.currency;

function unknownCommand(command: never): never {
  throw new TypeError(`Not a command: ${JSON.stringify(command)}`);
}
