import { route } from '@brew/service';
import { z } from 'zod';
import type { Provider } from '../provider.ts';
import { cancelPayment as callOff, findPaymentsOfOrder } from '../store/payments.ts';
import { deleteWebhooksOf } from '../store/webhooks.ts';
import { credentials, requireApiKey } from './credentials.ts';
import { paymentView, toView } from './listPayments.ts';
import { money } from './money.ts';

/**
 * Calls off what was asked for with the same key. Whoever then finds it neither succeeded nor pending can rely on it that no money will
 * be taken: not even by a request that is still on its way.
 */
export const cancelPayment = ({ db, apiKey }: Provider) =>
  route({
    method: 'post',
    path: '/payments/cancel',
    summary: 'Call off the payment that was asked for with this Idempotency-Key, unless it has succeeded',
    headers: credentials,
    body: z.strictObject({ orderId: z.string().min(1).max(100), amount: money }),
    responses: {
      200: {
        description:
          'All payments of the order, the oldest first; one that is still pending is about to settle',
        schema: z.object({ payments: z.array(paymentView) }),
      },
    },
    async handle({ headers, body }) {
      requireApiKey(headers, apiKey);
      const payments = await db.transaction(async (tx) => {
        const paymentId = await callOff(tx, headers['idempotency-key'], body);
        if (paymentId !== undefined) await deleteWebhooksOf(tx, paymentId);
        return findPaymentsOfOrder(tx, body.orderId);
      });
      return { status: 200, body: { payments: payments.map(toView) } };
    },
  });
