import { type Command, isSameMoney } from '../domain/decide.ts';
import type { Instant } from '../domain/order.ts';
import type { PaymentJob } from '../store/paymentJobs.ts';
import { failureReason } from './failureReason.ts';
import { isAskedFor } from './isAskedFor.ts';
import type { KnownPayment, PaymentProvider } from './provider.ts';

/** What the provider knows of an order's payments. */
interface Settlement {
  /** What the order is to be told, in that order. */
  commands: Command[];
  /** False as long as a payment may still succeed: then it is to be asked again. */
  isSettled: boolean;
}

/**
 * Finds out what became of an order's payment when no webhook has told of it: the provider is asked, and where nothing has come of it,
 * told to call it off. So an order is never given up for which money was taken, nor is money kept of one that ended.
 *
 * @param now asked behind the calls
 * @throws PaymentProviderError when the provider is away
 */
export async function settlePayment(
  provider: Pick<PaymentProvider, 'paymentsOf' | 'callOff'>,
  job: PaymentJob,
  now: () => Instant,
  signal: AbortSignal,
): Promise<Settlement> {
  const pays = ({ status, amount }: KnownPayment) =>
    status === 'succeeded' && isSameMoney(amount, job.amount);
  const asked = await provider.paymentsOf(job, signal);
  // Another payment may be the right one while the request for ours is still on its way.
  const isOver =
    asked.some(pays) && asked.some(({ paymentId }) => paymentId === job.paymentId) && !asked.some(isPending);
  const payments = isOver ? asked : await provider.callOff(job, signal);

  const at = now();
  const commands = payments.flatMap(({ paymentId, amount, status }): Command[] =>
    // Nothing was taken where a provider only tries a card.
    status === 'succeeded' && amount.amount > 0 ? [{ type: 'receivePayment', paymentId, amount, at }] : [],
  );
  if (payments.some(isPending)) return { commands, isSettled: false };
  const failures = payments.filter(({ status }) => status === 'failed');
  const failed = failures.find((payment) => isAskedFor(job, payment)) ?? failures[0];
  if (failed) {
    const reason = failureReason(failed.reason);
    commands.push({ type: 'failPayment', paymentId: failed.paymentId, reason, at });
  }
  return { commands: [...commands, { type: 'giveUp', at }], isSettled: true };
}

const isPending = ({ status }: KnownPayment) => status === 'pending';
