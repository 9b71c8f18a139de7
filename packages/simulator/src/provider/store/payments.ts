import { randomUUID } from 'node:crypto';
import type { Tx } from '@brew/postgres';
import type { Course } from '../course.ts';

/** An amount in the smallest unit of its currency (ISO 4217). */
interface Money {
  amount: number;
  currency: string;
}

export interface Payment {
  paymentId: string;
  orderId: string;
  amount: Money;
  status: 'pending' | 'succeeded' | 'failed' | 'cancelled';
  /** Why it failed; null when it did not. */
  reason: string | null;
  /** What was given back of it, in the smallest unit of its currency. */
  refunded: number;
}

interface PaymentRequest {
  orderId: string;
  amount: Money;
}

interface PaymentRow {
  key: string;
  paymentId: string;
  orderId: string;
  amount: string;
  currency: string;
  status: Payment['status'];
  reason: string | null;
  refunded: string;
}

/** A payment as it is asked for, with what will become of it. */
export interface NewPayment extends PaymentRequest {
  idempotencyKey: string;
  course: Course;
}

/**
 * Stores payments. Of those with the same key the first is stored, and none if there is one of that key already.
 * @returns an id for each of them, in their order; undefined where it was not stored
 */
export async function insertPayments(
  tx: Tx,
  payments: readonly NewPayment[],
): Promise<(string | undefined)[]> {
  const ids = payments.map(() => `pay_${randomUUID()}`);
  const { rows } = await tx.query<{ paymentId: string }>({
    name: 'insert-payments',
    // In the order of the keys: two that insert the same ones at once would deadlock otherwise.
    text: `insert into payments (payment_id, idempotency_key, order_id, amount, currency, outcome, reason, settles_at)
           select payment_id, key, order_id, amount, currency, outcome, reason, now() + after_ms * interval '1 millisecond'
           from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::float8[])
             with ordinality as asked (payment_id, key, order_id, amount, currency, outcome, reason, after_ms, position)
           order by key, position
           on conflict (idempotency_key) do nothing
           returning payment_id as "paymentId"`,
    values: [
      ids,
      payments.map(({ idempotencyKey }) => idempotencyKey),
      payments.map(({ orderId }) => orderId),
      payments.map(({ amount }) => amount.amount),
      payments.map(({ amount }) => amount.currency),
      payments.map(({ course }) => course.outcome),
      payments.map(({ course }) => course.reason),
      payments.map(({ course }) => course.settlesAfterMs),
    ],
  });
  const stored = new Set(rows.map(({ paymentId }) => paymentId));
  return ids.map((id) => (stored.has(id) ? id : undefined));
}

const selectPayments = `
  select idempotency_key as key, payment_id as "paymentId", order_id as "orderId", amount, currency,
         case when outcome <> 'stuck' and settles_at <= now() then outcome else 'pending' end as status,
         case when outcome = 'failed' and settles_at <= now() then reason end as reason,
         (select coalesce(sum(r.amount), 0) from refunds r where r.payment_id = p.payment_id) as refunded
  from payments p`;

/** Payments that settle so soon can't be called off: it may be told at this moment that they have succeeded. */
const TOO_LATE = "interval '1 second'";

/**
 * Calls off the payment that was or will be asked for with this key, unless it has settled or is about to: one whose request comes later
 * is called off already.
 * @returns the id of the payment that was called off, undefined when none was
 */
export async function cancelPayment(
  tx: Tx,
  idempotencyKey: string,
  { orderId, amount }: PaymentRequest,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ paymentId: string }>(
    `insert into payments as known (payment_id, idempotency_key, order_id, amount, currency, outcome, settles_at)
     values ($1, $2, $3, $4, $5, 'cancelled', now())
     on conflict (idempotency_key) do update set outcome = 'cancelled', settles_at = now()
     where known.order_id = excluded.order_id
       and (known.outcome = 'stuck' or known.settles_at > clock_timestamp() + ${TOO_LATE})
     returning payment_id as "paymentId"`,
    [`pay_${randomUUID()}`, idempotencyKey, orderId, amount.amount, amount.currency],
  );
  return rows[0]?.paymentId;
}

/** The payments that were asked for with these keys, by key. */
export async function findPaymentsByKey(tx: Tx, keys: readonly string[]): Promise<Map<string, Payment>> {
  if (keys.length === 0) return new Map();
  const { rows } = await tx.query<PaymentRow>(`${selectPayments} where idempotency_key = any($1)`, [keys]);
  return new Map(rows.map((row) => [row.key, toPayment(row)]));
}

/** Every payment that was asked for an order, the oldest first. */
export async function findPaymentsOfOrder(tx: Tx, orderId: string): Promise<Payment[]> {
  const { rows } = await tx.query<PaymentRow>(`${selectPayments} where order_id = $1 order by created_at`, [
    orderId,
  ]);
  return rows.map(toPayment);
}

/**
 * A payment, which nobody else can refund until the transaction ends. The lock is a statement of its own: one statement
 * sees the refunds as they were before it waited, and would give the money back twice.
 */
export async function lockPayment(tx: Tx, paymentId: string): Promise<Payment | undefined> {
  await tx.query('select from payments where payment_id = $1 for update', [paymentId]);
  const { rows } = await tx.query<PaymentRow>(`${selectPayments} where payment_id = $1`, [paymentId]);
  return rows.map(toPayment)[0];
}

/** bigint and sum() come as text from pg; amounts of coffee are far below 2^53. */
function toPayment({ key: _, amount, currency, refunded, ...payment }: PaymentRow): Payment {
  return { ...payment, amount: { amount: Number(amount), currency }, refunded: Number(refunded) };
}
