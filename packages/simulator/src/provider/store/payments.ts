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
  status: 'pending' | 'succeeded' | 'failed';
  /** What was given back of it, in the smallest unit of its currency. */
  refunded: number;
}

export interface PaymentRequest {
  orderId: string;
  amount: Money;
}

interface PaymentRow {
  paymentId: string;
  orderId: string;
  amount: string;
  currency: string;
  status: Payment['status'];
  refunded: string;
}

/** Stores a payment with its course; undefined when there is one of that key already. */
export async function insertPayment(
  tx: Tx,
  idempotencyKey: string,
  { orderId, amount }: PaymentRequest,
  { outcome, reason, settlesAfterMs }: Course,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ paymentId: string }>(
    `insert into payments (payment_id, idempotency_key, order_id, amount, currency, outcome, reason, settles_at)
     values ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 millisecond')
     on conflict (idempotency_key) do nothing
     returning payment_id as "paymentId"`,
    [
      `pay_${randomUUID()}`,
      idempotencyKey,
      orderId,
      amount.amount,
      amount.currency,
      outcome,
      reason,
      settlesAfterMs,
    ],
  );
  return rows[0]?.paymentId;
}

const selectPayments = `
  select payment_id as "paymentId", order_id as "orderId", amount, currency,
         case when outcome <> 'stuck' and settles_at <= now() then outcome else 'pending' end as status,
         (select coalesce(sum(r.amount), 0) from refunds r where r.payment_id = p.payment_id) as refunded
  from payments p`;

/** The payment that was asked for with this key. */
export async function findPaymentByKey(tx: Tx, idempotencyKey: string): Promise<Payment | undefined> {
  const { rows } = await tx.query<PaymentRow>(`${selectPayments} where idempotency_key = $1`, [
    idempotencyKey,
  ]);
  return rows.map(toPayment)[0];
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
function toPayment({ amount, currency, refunded, ...payment }: PaymentRow): Payment {
  return { ...payment, amount: { amount: Number(amount), currency }, refunded: Number(refunded) };
}
