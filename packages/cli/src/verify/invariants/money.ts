import { allOf, endOf, find, type OrderState, refundsOf, sumOf } from '../orderState.ts';
import type { Finding, Invariant } from './finding.ts';

export const money: Invariant = {
  name: 'money',
  promise: 'payments less refunds are the total of what was delivered, and nothing of what was not',
  check: (order) => [...costs(order), ...currencies(order), ...sums(order)],
};

function* costs(order: OrderState): Generator<Finding> {
  const fault = find(order, 'OrderPlaced')?.fault;
  if (fault !== undefined) yield { sentence: fault };
}

function* sums(order: OrderState): Generator<Finding> {
  const placed = find(order, 'OrderPlaced');
  const paid = find(order, 'PaymentReceived');
  const refunds = refundsOf(order).accepted;
  const refund = refunds.length > 0;
  const total = placed?.amount?.amount;
  const received = sumOf(allOf(order, 'PaymentReceived'));
  const refunded = sumOf(refunds);
  if (paid && total !== undefined && received !== total) {
    yield { sentence: `cost ${total} and was paid with ${received}` };
  }
  // Other refunds give back payments that came too late, twice or wrong, and were never announced as received.
  if (paid && refund && received !== refunded) {
    yield { sentence: `was paid with ${received} and given back ${refunded}` };
  }

  const end = endOf(order);
  if (end === 'delivered') {
    const since = find(order, 'OrderDelivered')?.time ?? 0;
    const missing = { events: ['PaymentReceived'], since };
    if (!paid) yield { sentence: 'was delivered and never paid', missing };
    if (refund) yield { sentence: 'was delivered although the money was given back' };
  }
  if (!paid || refund) return;
  const since = Math.max(paid.time, find(order, 'OrderCancelled')?.time ?? 0);
  if (end === 'cancelled') {
    const missing = { events: ['PaymentRefunded'], since };
    yield { sentence: 'was cancelled, and the money was not given back', missing };
  }
  if (end === undefined) {
    const missing = { events: ['OrderDelivered', 'PaymentRefunded'], since };
    yield { sentence: 'was paid, and neither delivered nor given back', missing };
  }
}

function* currencies(order: OrderState): Generator<Finding> {
  const others = refundsOf(order).other;
  const own = order.events.filter((event) => !others.includes(event));
  const used = new Set(own.flatMap(({ amount }) => amount?.currency ?? []));
  if (used.size > 1) yield { sentence: `has amounts in ${[...used].toSorted().join(' and ')}` };
}
