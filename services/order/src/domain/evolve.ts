import { type Fact, type Instant, type OrderState, type OtherPayment, type Step, steps } from './order.ts';

/** The order after a fact. Facts are not judged here: `decide` has done that. */
export function evolve<State extends OrderState>(order: State, fact: Fact): State {
  switch (fact.type) {
    case 'PaymentRequested':
      return { ...order, payment: { state: 'requested' } };

    case 'PaymentReceived': {
      const { paymentId, amount, at } = fact;
      return { ...reach(order, 'paid', at), payment: { state: 'received', paymentId, amount } };
    }

    case 'PaymentFailed':
      return { ...order, payment: { state: 'failed' } };

    case 'SettlementRequested':
      return order;

    case 'PaymentCalledOff':
      return { ...order, payment: { state: 'none' } };

    case 'RefundRequested': {
      const { paymentId, amount } = fact;
      return isAccepted(order, paymentId)
        ? { ...order, payment: { state: 'refunding', paymentId, amount } }
        : withOther(order, { paymentId, amount });
    }

    case 'PaymentRefunded': {
      const { paymentId, amount, refundId } = fact;
      return isAccepted(order, paymentId)
        ? { ...order, payment: { state: 'refunded', paymentId, amount, refundId } }
        : withOther(order, { paymentId, amount, refundId });
    }

    case 'CancellationRequested':
      return { ...order, cancellationRequestedAt: order.cancellationRequestedAt ?? fact.at };

    case 'OrderCancelled':
      return {
        ...order,
        status: 'cancelled',
        cancelReason: fact.reason,
        times: { ...order.times, cancelled: fact.at },
      };

    case 'StepReached':
      return reach(order, fact.step, fact.at);

    default:
      return unknownFact(fact);
  }
}

const isAccepted = ({ payment }: OrderState, paymentId: string) =>
  'paymentId' in payment && payment.paymentId === paymentId;

function withOther<State extends OrderState>(order: State, payment: OtherPayment): State {
  const others = order.otherPayments.filter(({ paymentId }) => paymentId !== payment.paymentId);
  return { ...order, otherPayments: [...others, payment] };
}

/**
 * Kitchen and shipments are different topics: OrderDelivered may be seen before OrderReady. The late step's time is
 * filled in, but the status the customer sees never goes back.
 */
function reach<State extends OrderState>(order: State, step: Step, at: Instant): State {
  const status = rank(step) > rank(order.status) ? step : order.status;
  return { ...order, status, times: { ...order.times, [step]: at } };
}

const rank = (status: OrderState['status']) =>
  status === 'cancelled' ? Number.POSITIVE_INFINITY : steps.indexOf(status);

function unknownFact(fact: never): never {
  throw new TypeError(`Not a fact: ${JSON.stringify(fact)}`);
}
