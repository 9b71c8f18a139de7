import type { Money } from '@brew/events';
import { isSameMoney } from '../domain/decide.ts';
import type { PaymentJob } from '../store/paymentJobs.ts';

/**
 * Whether a payment is the one that the provider was asked for by this job: by the id that it gave it. As long as its answer is not in,
 * nobody knows that id, and a payment of the same money is taken for it.
 */
export const isAskedFor = (
  job: Pick<PaymentJob, 'paymentId' | 'amount'>,
  { paymentId, amount }: { paymentId: string; amount: Money },
): boolean => (job.paymentId === undefined ? isSameMoney(amount, job.amount) : paymentId === job.paymentId);
