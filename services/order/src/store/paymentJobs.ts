import type { Money } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { Cause } from '@brew/service';

/**
 * Something to be asked of the payment provider: for a payment, what became of one, or to give one back. A payment that was asked for
 * becomes `settle`, due when its time is up, so an order that waits for its money always has a job. Before that, and once it is known what
 * became of it, there is `recheck`: payments that nobody asked for may come, and their webhooks be lost.
 */
export type PaymentJob = {
  /** The idempotency key of the call. */
  key: string;
  orderId: string;
  amount: Money;
  /** What led to the call. */
  cause: Cause;
} & (AskingJob | { kind: 'refund'; paymentId: string });

interface AskingJob {
  kind: 'payment' | 'settle' | 'recheck';
  /** The name that the provider gave the payment, once it has answered. */
  paymentId?: string | undefined;
}

/** A job that was taken, for the `attempts`th time. */
export type TakenJob = PaymentJob & { attempts: number };

/** The worker that makes the calls. What it sets aside is kept under this name. */
export const CALL_PROVIDER = 'call-provider';
/** Not set aside. */
const IN_HAND = `job_key not in (select item from stuck_items where worker = '${CALL_PROVIDER}' and retry_at is null)`;

// DANGER: whoever changes several jobs takes them in the order of their keys. Transactions that meet at the same jobs wait, but never in a circle.

/** Adds jobs that are due now; one that asks for the payment takes the place of the recheck, one that settles that of the one that asks, or would settle later. */
export async function addPaymentJobs(tx: Tx, jobs: readonly PaymentJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const latest = new Map(jobs.map((job) => [job.key, job]));
  await tx.query(
    `with added as (
       insert into payment_jobs (job_key, kind, order_id, payment_id, amount, currency, cause)
       select * from jsonb_to_recordset($1::jsonb)
         as job (job_key text, kind text, order_id text, payment_id text, amount bigint, currency text, cause jsonb)
       order by job_key
       on conflict (job_key) do update
         set kind = excluded.kind, due_at = excluded.due_at, cause = excluded.cause, attempts = 0, failing_since = null
       returning job_key
     )
     delete from stuck_items where worker = '${CALL_PROVIDER}' and item in (select job_key from added)`,
    [JSON.stringify([...latest.values()].map(toJobRow))],
  );
}

/** Orders that were placed: whether they ever ask for money or not, somebody may pay. */
export async function addRechecks(
  tx: Tx,
  jobs: readonly Omit<PaymentJob & AskingJob, 'kind'>[],
  recheckSeconds: number,
): Promise<void> {
  await tx.query(
    `insert into payment_jobs (job_key, kind, order_id, amount, currency, cause, due_at)
     select job_key, 'recheck', order_id, amount, currency, cause, now() + make_interval(secs => $2)
     from jsonb_to_recordset($1::jsonb)
       as job (job_key text, order_id text, amount bigint, currency text, cause jsonb)`,
    [JSON.stringify(jobs.map((job) => toJobRow({ ...job, kind: 'recheck' }))), recheckSeconds],
  );
}

const toJobRow = (job: PaymentJob) => ({
  job_key: job.key,
  kind: job.kind,
  order_id: job.orderId,
  payment_id: job.kind === 'refund' ? job.paymentId : undefined,
  amount: job.amount.amount,
  currency: job.amount.currency,
  cause: job.cause,
});

/**
 * Takes jobs that are due, the longest waiting first. They stay, but nobody else takes them for as long as the lease:
 * the call itself is made outside any transaction, and a worker that dies over it must not take the job with it.
 * @param leaseSeconds longer than a call can take
 */
export async function takePaymentJobs(tx: Tx, limit: number, leaseSeconds: number): Promise<TakenJob[]> {
  const { rows } = await tx.query<JobRow>(
    `update payment_jobs set attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
     where job_key in (select job_key from payment_jobs where due_at <= now() and ${IN_HAND}
                       order by due_at limit $1 for update skip locked)
     returning *`,
    [limit, leaseSeconds],
  );
  return rows.map(fromJobRow);
}

/** A payment that the provider was asked for, by the job's key, and the name that it gave it. */
export interface AskedPayment {
  key: string;
  paymentId: string;
}

/**
 * The provider has taken the requests: from now on the time for the payments counts, and when it is up, they are settled.
 * @param asked those that were called off meanwhile are left as they are
 */
export async function awaitPayments(
  tx: Tx,
  asked: readonly AskedPayment[],
  timeoutSeconds: number,
): Promise<void> {
  await tx.query(
    `with taken as (
       select job_key, answer."paymentId"
       from payment_jobs join jsonb_to_recordset($1::jsonb) as answer (key text, "paymentId" text) on job_key = answer.key
       where kind = 'payment' order by job_key for update of payment_jobs
     ), asked as (
       update payment_jobs
       set kind = 'settle', due_at = now() + make_interval(secs => $2), attempts = 0, failing_since = null,
           payment_id = taken."paymentId"
       from taken where payment_jobs.job_key = taken.job_key returning payment_jobs.job_key
     )
     delete from stuck_items where worker = '${CALL_PROVIDER}' and item in (select job_key from asked)`,
    [JSON.stringify(asked), timeoutSeconds],
  );
}

/**
 * The calls were made, and their answers written down: the jobs are done.
 * @param jobs as they were taken: what has become of them since, such as the asking for the payment, is still to be done
 */
export async function finishPaymentJobs(
  tx: Tx,
  jobs: readonly Pick<TakenJob, 'key' | 'kind' | 'attempts'>[],
): Promise<void> {
  const taken = jobs.map(({ key, kind, attempts }) => ({ key, kind, attempts }));
  await tx.query(
    `with locked as (
       select job_key
       from payment_jobs join jsonb_to_recordset($1::jsonb) as taken (key text, kind text, attempts integer)
         on job_key = taken.key and payment_jobs.kind = taken.kind and payment_jobs.attempts = taken.attempts
       order by job_key for update of payment_jobs
     ), done as (
       delete from payment_jobs where job_key in (select job_key from locked) returning job_key
     )
     delete from stuck_items where worker = '${CALL_PROVIDER}' and item in (select job_key from done)`,
    [JSON.stringify(taken)],
  );
}

/** There is more to be asked, after so many milliseconds; unless the job has become one of another kind meanwhile, due at a time of its own. */
export async function postponePaymentJob(
  tx: Tx,
  { key, kind }: Pick<PaymentJob, 'key' | 'kind'>,
  ms: number,
): Promise<void> {
  await tx.query(
    `update payment_jobs set due_at = now() + $3 * interval '1 millisecond', failing_since = null
     where job_key = $1 and kind = $2`,
    [key, kind, ms],
  );
}

/** The call failed: it is tried again after so many milliseconds; with the same exception. */
export async function retryPaymentJob(
  tx: Tx,
  { key, kind }: Pick<PaymentJob, 'key' | 'kind'>,
  ms: number,
): Promise<void> {
  await tx.query(
    `update payment_jobs
     set due_at = now() + $3 * interval '1 millisecond', failing_since = coalesce(failing_since, now())
     where job_key = $1 and kind = $2`,
    [key, kind, ms],
  );
}

/**
 * It is known what became of these payments: the provider need not be asked about them. It still is about the one that it was asked for,
 * when it was another one of the order that became known; about one whose request it has not answered yet, since its answer says which
 * one that is; and in the end once more about all of the order.
 * @param known without a paymentId: the provider never answered the request, and it has been settled all the same
 */
export async function settlePaymentJobs(
  tx: Tx,
  known: readonly { key: string; paymentId?: string | undefined }[],
  recheckSeconds: number,
): Promise<void> {
  if (known.length === 0) return;
  await tx.query(
    `with known as (
       select job_key
       from payment_jobs join jsonb_to_recordset($1::jsonb) as known (key text, "paymentId" text) on job_key = known.key
       where kind = 'settle' and payment_id is not distinct from known."paymentId" order by job_key for update of payment_jobs
     ), settled as (
       update payment_jobs
       set kind = 'recheck', due_at = now() + make_interval(secs => $2), attempts = 0, failing_since = null
       from known where payment_jobs.job_key = known.job_key returning payment_jobs.job_key
     )
     delete from stuck_items where worker = '${CALL_PROVIDER}' and item in (select job_key from settled)`,
    [JSON.stringify(known), recheckSeconds],
  );
}

/** What is being asked for or settled for these orders, by order; orders that wait for no payment are left out. */
export async function findAskedPayments(
  tx: Tx,
  orderIds: readonly string[],
): Promise<Map<string, PaymentJob & AskingJob>> {
  if (orderIds.length === 0) return new Map();
  const { rows } = await tx.query<JobRow>(
    `select * from payment_jobs where order_id = any($1::text[]) and kind in ('payment', 'settle')`,
    [orderIds],
  );
  const jobs = rows.map(fromJobRow).filter((job) => job.kind !== 'refund');
  return new Map(jobs.map((job) => [job.orderId, job]));
}

/** Calls to the provider that do not get on. */
export interface WaitingJobs {
  /** Those that have failed and are to be made again, and those that are due. */
  count: number;
  /** How many of them have failed. */
  failing: number;
  /** For how many seconds the first of them has failed or been due; 0: there is none. */
  longestSeconds: number;
}

/** Those that are due as well: who takes none does not see any fail. */
export async function countWaitingJobs(tx: Tx): Promise<WaitingJobs> {
  const { rows } = await tx.query<WaitingJobs>(
    `select count(*)::int as count, count(failing_since)::int as failing,
            coalesce(extract(epoch from now() - min(least(failing_since, due_at))), 0)::int as "longestSeconds"
     from payment_jobs where (failing_since is not null or due_at <= now()) and ${IN_HAND}`,
  );
  return rows[0] ?? { count: 0, failing: 0, longestSeconds: 0 };
}

interface JobRow {
  job_key: string;
  kind: PaymentJob['kind'];
  order_id: string;
  payment_id: string | null;
  amount: string;
  currency: string;
  cause: Cause;
  attempts: number;
}

function fromJobRow(row: JobRow): TakenJob {
  const { job_key: key, order_id: orderId, cause, attempts } = row;
  const amount = { amount: Number(row.amount), currency: row.currency };
  const job = { key, orderId, amount, cause, attempts };
  return row.kind === 'refund'
    ? { ...job, kind: 'refund', paymentId: row.payment_id ?? '' }
    : { ...job, kind: row.kind, paymentId: row.payment_id ?? undefined };
}
