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
  const commands = receive(payments, at);
  if (payments.some(isPending)) return { commands, isSettled: false };
  const failures = payments.filter(({ status }) => status === 'failed');
  const failed = failures.find((payment) => isAskedFor(job, payment)) ?? failures[0];
  if (failed) {
    const reason = failureReason(failed.reason);
    commands.push({ type: 'failPayment', paymentId: failed.paymentId, reason, at });
  }
  return { commands: [...commands, { type: 'giveUp', at }], isSettled: true };
}

/**
 * Looks for payments whose webhooks were lost, once it is known what became of the one that was asked for: others, or that one, which should not have
 * succeeded any more.
 *
 * @param now asked behind the call
 * @throws PaymentProviderError when the provider is away
 */
export async function recheckPayments(
  provider: Pick<PaymentProvider, 'paymentsOf'>,
  job: PaymentJob,
  now: () => Instant,
  signal: AbortSignal,
): Promise<Settlement> {
  const payments = await provider.paymentsOf(job, signal);
  return { commands: receive(payments, now()), isSettled: !payments.some(isPending) };
}

/** Nothing was taken where a provider only tries a card. */
const receive = (payments: readonly KnownPayment[], at: Instant): Command[] =>
  payments
    .filter(({ status, amount }) => status === 'succeeded' && amount.amount > 0)
    .map(({ paymentId, amount }) => ({ type: 'receivePayment', paymentId, amount, at }));

const isPending = ({ status }: KnownPayment) => status === 'pending';
