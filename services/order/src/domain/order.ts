import type { Channel, Money, OrderCancelled, OrderItem, OrderPlaced } from '@brew/events';

/** The way of an order that ends well, in the order of its steps. */
export const steps = ['placed', 'paid', 'preparing', 'ready', 'on_the_way', 'delivered'] as const;

export type Step = (typeof steps)[number];
export type Status = Step | 'cancelled';
export type CancelReason = OrderCancelled['reason'];

/** Instants in milliseconds since 1970, UTC, as in the events. */
export type Instant = number;

/** The payment that an order goes ahead with: there is at most one, of exactly its total, and only after it was asked for. */
export type Payment =
  | { state: 'none' | 'requested' | 'failed' }
  | { state: 'received' | 'refunding'; paymentId: string; amount: Money }
  | { state: 'refunded'; paymentId: string; amount: Money; refundId: string };

/** A payment that the order does not go ahead with: too early, too late, a second one, or of another amount or currency. It is given back. */
export interface OtherPayment {
  paymentId: string;
  amount: Money;
  /** Set when it has been given back. */
  refundId?: string | undefined;
}

/** As much of an order as decisions are made on. Never changed in place: `evolve` makes the next one. */
export interface OrderState {
  orderId: string;
  cafeId: string;
  total: Money;
  status: Status;
  cancelReason?: CancelReason | undefined;
  /** When each step was reached. A step that was reported late is filled in, even if the order is further on. */
  times: Partial<Record<Status, Instant>> & { placed: Instant };
  payment: Payment;
  /** All other payments that the provider has told of. */
  otherPayments: readonly OtherPayment[];
  /** When the customer asked to cancel an order that was paid: from then on the kitchen decides. */
  cancellationRequestedAt?: Instant | undefined;
}

/** What order-service knows about an order. */
export interface Order extends OrderState {
  customer: OrderPlaced['customer'];
  channel: Channel;
  items: OrderItem[];
}

/** What happened to an order: the answer of `decide`, the input of `evolve`. */
export type Fact =
  | { type: 'PaymentRequested'; amount: Money }
  | { type: 'PaymentReceived'; paymentId: string; amount: Money; at: Instant }
  | { type: 'PaymentFailed'; paymentId: string; reason: string; at: Instant }
  /** The provider is to be asked what became of the payment, and to call it off if nothing did. */
  | { type: 'SettlementRequested'; amount: Money }
  /** No payment that was asked for will come any more. */
  | { type: 'PaymentCalledOff' }
  | { type: 'RefundRequested'; paymentId: string; amount: Money }
  | { type: 'PaymentRefunded'; paymentId: string; refundId: string; amount: Money; at: Instant }
  | { type: 'CancellationRequested'; at: Instant }
  | { type: 'OrderCancelled'; reason: CancelReason; at: Instant }
  | { type: 'StepReached'; step: LaterStep; at: Instant };

/** The steps that the kitchen and the courier report. */
export type LaterStep = 'preparing' | 'ready' | 'on_the_way' | 'delivered';

/** Nothing happens to an order after this, except that its money is given back. */
export const isFinal = (status: Status) => status === 'delivered' || status === 'cancelled';

/** Where an order's money is: what its customer waits for, or, once it ended without the right payment, what comes back. */
export function moneyState({ status, payment, otherPayments }: OrderState): Payment['state'] {
  if (status !== 'cancelled' || 'paymentId' in payment || otherPayments.length === 0) return payment.state;
  return otherPayments.every(({ refundId }) => refundId !== undefined) ? 'refunded' : 'refunding';
}

/** What became of the customer's wish to cancel a paid order; undefined when there was no such wish. */
export function cancellationOutcome(order: OrderState): 'pending' | 'granted' | 'too_late' | undefined {
  if (order.cancellationRequestedAt === undefined) return undefined;
  if (order.status === 'cancelled') return 'granted';
  return order.status === 'paid' ? 'pending' : 'too_late';
}
