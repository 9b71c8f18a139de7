import { problem, route } from '@brew/service';
import { z } from 'zod';
import type { Provider } from '../provider.ts';
import { lockPayment } from '../store/payments.ts';
import { findRefund, insertRefund } from '../store/refunds.ts';
import { credentials, keyReused, requireApiKey } from './credentials.ts';
import { money } from './money.ts';

/** Gives money back, at once. Never more than was taken, however many ask, and once for each key. */
export const createRefund = ({ db, apiKey }: Provider) =>
  route({
    method: 'post',
    path: '/refunds',
    summary: 'Give a payment back, or a part of it',
    headers: credentials,
    body: z.strictObject({ paymentId: z.string().min(1).max(100), amount: money }),
    responses: {
      200: { description: 'The money is on its way back', schema: z.object({ refundId: z.string() }) },
    },
    async handle({ headers, body: { paymentId, amount } }) {
      requireApiKey(headers, apiKey);
      const key = headers['idempotency-key'];
      const refund = await db.transaction(async (tx) => {
        // Before looking for the key: of two requests with the same one, the second has to see what the first did.
        const payment = await lockPayment(tx, paymentId);
        const before = await findRefund(tx, key);
        if (before) {
          if (before.paymentId === paymentId && before.amount === amount.amount) return before;
          throw keyReused();
        }

        if (!payment) throw problem(404, 'PAYMENT_NOT_FOUND', `There is no payment ${paymentId}.`);
        if (payment.status !== 'succeeded') {
          throw problem(
            409,
            'PAYMENT_NOT_TAKEN',
            `Nothing was taken that could be given back: it is ${payment.status}.`,
          );
        }
        const left = payment.amount.amount - payment.refunded;
        if (amount.currency !== payment.amount.currency || amount.amount > left) {
          const most = `${left} ${payment.amount.currency}`;
          throw problem(409, 'REFUND_TOO_LARGE', `At most ${most} of this payment can still be given back.`);
        }
        return insertRefund(tx, key, paymentId, amount.amount);
      });
      return { status: 200, body: { refundId: refund.refundId } };
    },
  });
