import { backoff, gather } from '@brew/kafka';
import { type ServiceContext, type Waker, type Worker, worker } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import { CALL_TIMEOUT_MS, type PaymentProvider } from '../payments/provider.ts';
import {
  finishPaymentJobs,
  postponePaymentJob,
  type TakenJob,
  takePaymentJobs,
} from '../store/paymentJobs.ts';

/** Calls under way at the same time. With the pace, each takes some 200 ms: some 500 a second. */
const AT_ONCE = 100;
const EVERY_MS = 250;
/** Under load, jobs that come or end within this time are taken and finished together. */
const PACE_MS = 50;
/** Longer than the slowest call and the transaction after it: nobody else makes a call that is still being made. */
const LEASE_SECONDS = CALL_TIMEOUT_MS / 1_000 + 10;
/** For as long as it takes: it is about money. */
const RETRY = { initialMs: 500, maxMs: 30_000 };

/**
 * Makes the calls to the payment provider that transactions have written down.
 * @param waker woken when there are new ones
 */
export function callProvider(
  { db, log, now, transact }: ServiceContext,
  { provider, changeOrders, waker }: { provider: PaymentProvider; changeOrders: ChangeOrders; waker: Waker },
): Worker {
  const underWay = new Set<Promise<void>>();

  const finish = gather(
    async (keys: readonly string[]) => {
      await finishPaymentJobs(db, keys);
      return keys.map(() => undefined);
    },
    { limit: AT_ONCE, paceMs: PACE_MS },
  );

  const call = async (job: TakenJob, signal: AbortSignal) => {
    if (job.kind === 'payment') {
      await provider.requestPayment(job, signal);
      await finish(job.key);
      return;
    }
    const { orderId, paymentId, cause } = job;
    const refundId = await provider.refund(job, signal);
    const command = { type: 'recordRefund', paymentId, refundId, at: now().getTime() } as const;
    // Should we die before this commits, the call is made again, with the same key, and answered with the same refund.
    await transact(cause, async (work) => {
      await changeOrders(work.tx, [{ orderId, command, work, cause }]);
      await finishPaymentJobs(work.tx, [job.key]);
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
      // Should this fail as well, the job is due again when its lease is over.
      await postponePaymentJob(db, key, retryAfterMs).catch(() => undefined);
    }
  };

  const calls = worker({
    name: 'call-provider',
    everyMs: EVERY_MS,
    restMs: PACE_MS,
    waker,
    async run(signal) {
      const room = AT_ONCE - underWay.size;
      const jobs = room > 0 ? await takePaymentJobs(db, room, LEASE_SECONDS) : [];
      for (const job of jobs) {
        const attempted = attempt(job, signal).finally(() => {
          underWay.delete(attempted);
          waker.wake(); // there is room for another one
        });
        underWay.add(attempted);
      }
      return false;
    },
  });

  return {
    ...calls,
    async stop() {
      await calls.stop();
      await Promise.all(underWay);
    },
  };
}
