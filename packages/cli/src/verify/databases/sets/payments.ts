import { crc32 } from 'node:zlib';
import { money } from '../../../text/format.ts';
import { allOf, find, type OrderState } from '../../orderState.ts';
import type { SeenEvent } from '../../seen.ts';
import { defineBook, isDue, type Judging } from '../book.ts';
import { type ProviderRow, providerRows } from '../sql/psp.ts';
import { moneyOf } from './moneyOf.ts';

/** What the payment provider has taken and given back. It publishes nothing: order-service does, of what it is told. */
export const payments = defineBook<ProviderRow>({
  name: 'payments',
  database: 'psp',
  publisher: 'orders',
  page: providerRows,
  missing(order) {
    const [first] = [...costly(order, 'PaymentReceived'), ...costly(order, 'PaymentRefunded')];
    return first && `has ${first.name} of ${moneyOf(first)}, and the provider knows of no payment`;
  },
  compare: comparePayments,
});

/** Of what is free the provider knows nothing. */
const costly = (order: OrderState, name: string): SeenEvent[] =>
  allOf(order, name).filter(({ amount }) => amount?.amount !== 0);

export function comparePayments(order: OrderState, row: ProviderRow, judging: Judging): string[] {
  return [...takings(order, row, judging), ...refunds(order, row, judging), ...kept(order, row)];
}

function* takings(order: OrderState, { payments: taken }: ProviderRow, judging: Judging): Generator<string> {
  for (const event of costly(order, 'PaymentReceived')) {
    const same = taken.find(({ paymentId }) => crc32(paymentId) === event.payment);
    if (!same) yield `was paid with ${moneyOf(event)}, and the provider has no such payment`;
    else if (money(same) !== moneyOf(event))
      yield `was paid with ${moneyOf(event)}, and the provider says ${money(same)} (${same.paymentId})`;
  }
  const known = [...allOf(order, 'PaymentReceived'), ...allOf(order, 'PaymentRefunded')];
  for (const { settledAt, paymentId, ...amount } of taken) {
    const isKnown = known.some((event) => event.payment === crc32(paymentId));
    // Of nothing there is nothing to give back.
    if (
      amount.amount > 0 &&
      isDue(settledAt, judging) &&
      !isKnown &&
      judging.holds('PaymentReceived', 'PaymentRefunded')
    )
      yield `was paid with ${money(amount)} (${paymentId}), which was neither received nor given back`;
  }
}

function* refunds(order: OrderState, { payments: taken }: ProviderRow, judging: Judging): Generator<string> {
  const stored = taken.flatMap(({ paymentId, currency, refunds: given }) =>
    given.map((refund) => ({ ...refund, paymentId, currency })),
  );
  const told = costly(order, 'PaymentRefunded');
  const isOf = (event: SeenEvent, { paymentId, refundId }: { paymentId: string; refundId: string }) =>
    event.payment === crc32(paymentId) && event.refund === crc32(refundId);
  for (const event of told) {
    const same = stored.find((refund) => isOf(event, refund));
    if (!same) yield `was given back ${moneyOf(event)}, and the provider has no such refund`;
    else if (money(same) !== moneyOf(event))
      yield `was given back ${moneyOf(event)}, and the provider says ${money(same)} (${same.refundId})`;
  }
  for (const refund of stored) {
    if (
      isDue(refund.at, judging) &&
      !told.some((event) => isOf(event, refund)) &&
      judging.holds('PaymentRefunded')
    )
      yield `was given back ${money(refund)} (${refund.refundId}) by the provider, and by no event`;
  }
}

/** What an order does not go ahead with goes back as a whole, in one piece or several; of none more than was taken. */
function* kept(order: OrderState, { payments: taken }: ProviderRow): Generator<string> {
  const accepted = find(order, 'PaymentReceived')?.payment;
  for (const { paymentId, refunds: given, ...payment } of taken) {
    const back = given.reduce((sum, { amount }) => sum + amount, 0);
    // Of what nothing was given back the events tell, whether it is to be or not.
    const isKept = back > 0 && back < payment.amount && crc32(paymentId) !== accepted;
    if (!isKept && back <= payment.amount) continue;
    const returned = money({ ...payment, amount: back });
    yield `was paid with ${money(payment)} (${paymentId}) by the provider, which has given back ${returned}`;
  }
}
