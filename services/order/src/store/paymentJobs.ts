import type { Money } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { Cause } from '@brew/service';

/** A call to the payment provider that is still to be made. */
export type PaymentJob = {
  /** The idempotency key of the call. */
  key: string;
  orderId: string;
  amount: Money;
  /** What led to the call. */
  cause: Cause;
} & ({ kind: 'payment' } | { kind: 'refund'; paymentId: string });

/** A job that was taken, for the `attempts`th time. */
export type TakenJob = PaymentJob & { attempts: number };

export async function addPaymentJob(tx: Tx, job: PaymentJob): Promise<void> {
  await tx.query(
    `insert into payment_jobs (job_key, kind, order_id, payment_id, amount, currency, cause)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      job.key,
      job.kind,
      job.orderId,
      job.kind === 'refund' ? job.paymentId : null,
      job.amount.amount,
      job.amount.currency,
      JSON.stringify(job.cause),
    ],
  );
}

/**
 * Takes jobs that are due, the longest waiting first. They stay, but nobody else takes them for as long as the lease:
 * the call itself is made outside any transaction, and a worker that dies over it must not take the job with it.
 * @param leaseSeconds longer than a call can take
 */
export async function takePaymentJobs(tx: Tx, limit: number, leaseSeconds: number): Promise<TakenJob[]> {
  const { rows } = await tx.query<JobRow>(
    `update payment_jobs set attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
     where job_key in (select job_key from payment_jobs where due_at <= now()
                       order by due_at limit $1 for update skip locked)
     returning *`,
    [limit, leaseSeconds],
  );
  return rows.map(fromJobRow);
}

/** The call was made: the job is done. */
export async function finishPaymentJob(tx: Tx, key: string): Promise<void> {
  await tx.query('delete from payment_jobs where job_key = $1', [key]);
}

/** The call failed: it is tried again after so many milliseconds. */
export async function postponePaymentJob(tx: Tx, key: string, ms: number): Promise<void> {
  await tx.query(
    `update payment_jobs set due_at = now() + $2 * interval '1 millisecond' where job_key = $1`,
    [key, ms],
  );
}

/** The order is cancelled: nobody is to be asked for its money any more. */
export async function withdrawPayment(tx: Tx, orderId: string): Promise<void> {
  await tx.query(`delete from payment_jobs where order_id = $1 and kind = 'payment'`, [orderId]);
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
    : { ...job, kind: 'payment' };
}
