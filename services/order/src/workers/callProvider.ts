import { backoff, gather, verdictOf } from '@brew/kafka';
import { countStuckItems, isOutage, noteFailure, retryLater, type Tx } from '@brew/postgres';
import { type Cause, type Health, type ServiceContext, type Waker, type Worker, worker } from '@brew/service';
import type { ChangeOrders } from '../changeOrders.ts';
import type { OrderConfig } from '../config.ts';
import type { Command } from '../domain/decide.ts';
import { CALL_TIMEOUT_MS, type PaymentProvider, PaymentProviderError } from '../payments/provider.ts';
import { recheckPayments, settlePayment } from '../payments/settlePayment.ts';
import {
  type AskedPayment,
  awaitPayments,
  CALL_PROVIDER,
  countWaitingJobs,
  finishPaymentJobs,
  postponePaymentJob,
  retryPaymentJob,
  settlePaymentJobs,
  type TakenJob,
  takePaymentJobs,
} from '../store/paymentJobs.ts';
import { createPace } from './pace.ts';

/** Calls under way at the same time. With the pace, each takes some 200 ms: some 500 a second. */
const AT_ONCE = 100;
const EVERY_MS = 250;
/** Under load, jobs that come or end within this time are taken and finished together. */
const PACE_MS = 50;
/** Longer than the two calls that settle a payment or give it back, and the transaction after them: nobody else makes a call that is still being made. */
const LEASE_SECONDS = (2 * CALL_TIMEOUT_MS) / 1_000 + 10;
/** For as long as it takes: it is about money. Within ten seconds of the provider's return. */
const RETRY = { initialMs: 500, maxMs: 8_000 };
/** What is wrong with the call itself is set aside after so many attempts. */
const ATTEMPTS = 5;
/** Longer than a provider that restarts. */
const SLOW_SECONDS = 10;

/**
 * Makes the calls to the payment provider that transactions have written down.
 * @param waker woken when there are new ones
 */
export function callProvider(
  { config, db, log, now, transact, together }: ServiceContext<OrderConfig>,
  { provider, changeOrders, waker }: { provider: PaymentProvider; changeOrders: ChangeOrders; waker: Waker },
): Worker {
  const underWay = new Set<Promise<void>>();
  const pace = createPace(AT_ONCE);
  /** What the last call that failed said. */
  let lastError: Error | undefined;

  const startWaiting = gather(
    async (asked: readonly AskedPayment[]) => {
      await awaitPayments(db, asked, config.PAYMENT_TIMEOUT_SECONDS);
      return asked.map(() => undefined);
    },
    { limit: AT_ONCE, paceMs: PACE_MS },
  );

  /** Each order is looked at once more: as a rule nothing comes of it, and it must not cost a transaction of its own. */
  const tellRechecked = together<{ job: TakenJob; commands: readonly Command[] }, void>(
    async (rechecked, tx) => {
      const changes = rechecked.flatMap(({ item: { job, commands }, work }) =>
        commands.map((command) => ({ orderId: job.orderId, command, work })),
      );
      await changeOrders(tx, changes);
      await finishPaymentJobs(
        tx,
        rechecked.map(({ item }) => item.job),
      );
      return rechecked.map(() => undefined);
    },
  );

  const call = async (job: TakenJob, signal: AbortSignal) => {
    switch (job.kind) {
      case 'payment':
        return startWaiting({ key: job.key, paymentId: await provider.requestPayment(job, signal) });

      case 'settle': {
        const { commands, isSettled } = await settlePayment(provider, job, () => now().getTime(), signal);
        // Without a cause of its own, like a webhook: what is found out follows from the order that asked for the payment.
        return tell(job, commands, (tx) =>
          isSettled ? settlePaymentJobs(tx, [job], config.PAYMENT_RECHECK_SECONDS) : askAgain(tx, job),
        );
      }

      case 'recheck': {
        const { commands, isSettled } = await recheckPayments(provider, job, () => now().getTime(), signal);
        if (isSettled) return tellRechecked(job.cause, { job, commands });
        return tell(job, commands, (tx) => askAgain(tx, job));
      }

      case 'refund': {
        const { paymentId, cause } = job;
        // A webhook may have told of other money than was taken, and a payment is given back once.
        const known = (await provider.paymentsOf(job, signal)).find(
          (payment) => payment.paymentId === paymentId && payment.status === 'succeeded',
        );
        const amount = known?.amount ?? job.amount;
        const refundId = await provider.refund({ ...job, amount }, signal);
        const at = now().getTime();
        const refunded: Command = { type: 'recordRefund', paymentId, refundId, amount, at };
        return tell(job, [refunded], (tx) => finishPaymentJobs(tx, [job]), cause);
      }

      default:
        return job satisfies never;
    }
  };

  /** Should we die before this commits, the call is made again, with the same key, and answered as before. */
  const tell = (
    job: TakenJob,
    commands: readonly Command[],
    moveOn: (tx: Tx) => Promise<void>,
    cause?: Cause,
  ) =>
    transact(job.cause, async (work) => {
      const { orderId } = job;
      await changeOrders(
        work.tx,
        commands.map((command) => ({ orderId, command, work, cause })),
      );
      await moveOn(work.tx);
    });

  const askAgain = (tx: Tx, job: TakenJob) =>
    postponePaymentJob(tx, job, backoff(job.attempts, RETRY, Math.random()));

  const attempt = async (job: TakenJob, signal: AbortSignal) => {
    try {
      await call(job, signal);
      pace.succeeded();
    } catch (error) {
      const { kind, orderId, attempts } = job;
      if (signal.aborted) {
        // That says nothing about the job: whoever comes next makes the call.
        await postponePaymentJob(db, job, 0).catch(() => undefined);
        return;
      }
      lastError = error as Error;
      if (error instanceof PaymentProviderError) pace.failed();
      const retryAfterMs = backoff(attempts, RETRY, Math.random());
      log.warn(
        { err: error, orderId, kind, attempt: attempts, retryAfterMs },
        'a call to the provider failed',
      );
      // Should this fail as well, the job is due again when its lease is over.
      await postpone(job, retryAfterMs, error).catch(() => undefined);
    }
  };

  /** What is down, or lets us wait, is tried again for ever; what is wrong with the job itself is set aside in the end. */
  const postpone = (job: TakenJob, ms: number, error: unknown) =>
    db.transaction(async (tx) => {
      await retryPaymentJob(tx, job, ms);
      if (verdictOf(error, isAway) === 'outage') return;
      const { key } = job;
      const failures = await noteFailure(tx, CALL_PROVIDER, key, String(error));
      if (failures < ATTEMPTS) await retryLater(tx, CALL_PROVIDER, key, ms);
      else log.error({ err: error, worker: CALL_PROVIDER, item: key, failures }, 'set aside by a worker');
    });

  /** Seen by the jobs: that others succeed, such as all payments while refunds are not to be had, says nothing of those that wait. */
  async function health(): Promise<Health> {
    const [waiting, aside] = await Promise.all([countWaitingJobs(db), countStuckItems(db, CALL_PROVIDER)]);
    const setAside = aside > 0 ? { detail: `${aside} set aside`, needsStaff: true } : {};
    if (waiting.failing === 0) lastError = undefined;
    if (waiting.longestSeconds < SLOW_SECONDS) return { ...calls.health(), ...setAside };
    const reason =
      lastError?.message ?? (waiting.failing > 0 ? 'another instance has tried' : 'none has failed yet');
    const why = `calls waiting for the provider: ${waiting.count}, for ${waiting.longestSeconds} s: ${reason}`;
    return { up: false, ...setAside, detail: setAside.detail ? `${why}; ${setAside.detail}` : why };
  }

  const calls = worker({
    name: CALL_PROVIDER,
    everyMs: EVERY_MS,
    restMs: PACE_MS,
    waker,
    async run(signal) {
      const room = pace.atOnce - underWay.size;
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
    health,
    async stop() {
      await calls.stop();
      await Promise.all(underWay);
    },
  };
}

const isAway = (error: unknown) => isOutage(error) || error instanceof PaymentProviderError;
