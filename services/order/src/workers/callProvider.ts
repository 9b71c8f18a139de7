import { backoff } from '@brew/kafka';
import { type ServiceContext, type Worker, worker } from '@brew/service';
import { changeOrder } from '../changeOrder.ts';
import { CALL_TIMEOUT_MS, type PaymentProvider } from '../payments/provider.ts';
import {
  finishPaymentJob,
  postponePaymentJob,
  type TakenJob,
  takePaymentJobs,
} from '../store/paymentJobs.ts';

/** Calls at a time: at 20 ms a call, some 2,500 a second. */
const AT_ONCE = 50;
const EVERY_MS = 250;
/** Longer than the slowest call and the transaction after it: nobody else makes a call that is still being made. */
const LEASE_SECONDS = CALL_TIMEOUT_MS / 1_000 + 10;
/** For as long as it takes: it is about money. */
const RETRY = { initialMs: 500, maxMs: 30_000 };

/** Makes the calls to the payment provider that handlers have written down. */
export function callProvider(context: ServiceContext, provider: PaymentProvider): Worker {
  const { db, log, now, transact } = context;

  const call = async (job: TakenJob, signal: AbortSignal) => {
    if (job.kind === 'payment') {
      await provider.requestPayment(job, signal);
      await finishPaymentJob(db, job.key);
      return;
    }
    const { paymentId } = job;
    const refundId = await provider.refund(job, signal);
    const at = now().getTime();
    // Should we die before this commits, the call is made again, with the same key, and answered with the same refund.
    await transact(job.cause, async (work) => {
      await changeOrder(work, job.orderId, { type: 'recordRefund', paymentId, refundId, at }, job.cause);
      await finishPaymentJob(work.tx, job.key);
    });
  };

  const attempt = async (job: TakenJob, signal: AbortSignal) => {
    try {
      await call(job, signal);
    } catch (error) {
      const { key, kind, orderId, attempts } = job;
      const retryAfterMs = backoff(attempts, RETRY, Math.random());
      log.warn(
        { err: error, orderId, kind, attempt: attempts, retryAfterMs },
        'a call to the provider failed',
      );
      await postponePaymentJob(db, key, retryAfterMs);
    }
  };

  return worker({
    name: 'call-provider',
    everyMs: EVERY_MS,
    async run(signal) {
      const jobs = await takePaymentJobs(db, AT_ONCE, LEASE_SECONDS);
      await Promise.all(jobs.map((job) => attempt(job, signal)));
      return jobs.length === AT_ONCE;
    },
  });
}
