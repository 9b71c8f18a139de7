import { endOf, find, type OrderState, sumOf } from '../orderState.ts';
import type { Finding, Invariant } from './finding.ts';

export const money: Invariant = {
  name: 'money',
  promise: 'payments less refunds are the total of what was delivered, and nothing of what was cancelled',
  check: (order) => [...currencies(order), ...sums(order)],
};

function* sums(order: OrderState): Generator<Finding> {
  const placed = find(order, 'OrderPlaced');
  const paid = find(order, 'PaymentReceived');
  const refund = find(order, 'PaymentRefunded');
  const total = placed?.amount?.amount;
  const received = sumOf(order, 'PaymentReceived');
  const refunded = sumOf(order, 'PaymentRefunded');
  if (paid && total !== undefined && received !== total) {
    yield { sentence: `cost ${total} and was paid with ${received}` };
  }
  // A refund alone gives back a payment that came after the cancellation and was never announced as received.
  if (paid && refund && received !== refunded) {
    yield { sentence: `was paid with ${received} and given back ${refunded}` };
  }

  const end = endOf(order);
  if (end === 'delivered') {
    const since = find(order, 'OrderDelivered')?.time ?? 0;
    if (!paid) yield { sentence: 'was delivered and never paid', since };
    if (refund) yield { sentence: 'was delivered although the money was given back' };
  }
  if (end === 'cancelled' && paid && !refund) {
    const since = Math.max(paid.time, find(order, 'OrderCancelled')?.time ?? 0);
    yield { sentence: 'was cancelled, and the money was not given back', since };
  }
}

function* currencies({ events }: OrderState): Generator<Finding> {
  const used = new Set(events.flatMap(({ amount }) => amount?.currency ?? []));
  if (used.size > 1) yield { sentence: `has amounts in ${[...used].toSorted().join(' and ')}` };
}
