import { randomUUID } from 'node:crypto';
import type { Tx } from '@brew/postgres';

export interface Refund {
  refundId: string;
  paymentId: string;
  amount: number;
}

/** The refund that was asked for with this key. */
export async function findRefund(tx: Tx, idempotencyKey: string): Promise<Refund | undefined> {
  const { rows } = await tx.query<Omit<Refund, 'amount'> & { amount: string }>(
    `select refund_id as "refundId", payment_id as "paymentId", amount from refunds where idempotency_key = $1`,
    [idempotencyKey],
  );
  return rows.map((row) => ({ ...row, amount: Number(row.amount) }))[0];
}

export async function insertRefund(
  tx: Tx,
  idempotencyKey: string,
  paymentId: string,
  amount: number,
): Promise<Refund> {
  const refund = { refundId: `ref_${randomUUID()}`, paymentId, amount };
  await tx.query(
    'insert into refunds (refund_id, idempotency_key, payment_id, amount) values ($1, $2, $3, $4)',
    [refund.refundId, idempotencyKey, paymentId, amount],
  );
  return refund;
}
